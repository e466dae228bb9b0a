//! What every request to a vendor's path goes through first: the meter, the faults, the limit.

use std::{
    net::Shutdown,
    os::fd::AsFd as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use actix_web::{
    Error, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::StatusCode,
    middleware::Next,
    rt::net::TcpStream,
    web::Data,
};

use crate::{
    faults::{Fate, FaultState, Faults, When},
    meter::Meter,
};

/// How one vendor words its refusals.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wording {
    pub(crate) limited: fn(&HttpRequest) -> HttpResponse,
    pub(crate) broken: fn(&HttpRequest, StatusCode) -> HttpResponse,
    /// `Retry-After` of the ordinary limit, if the vendor sends one.
    pub(crate) retry_after: Option<&'static str>,
}

/// Shared by all connections of a simulator.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    faults: Arc<Mutex<FaultState>>,
    meter: Arc<Mutex<Meter>>,
    rate: Arc<Mutex<Option<u32>>>,
    wording: Wording,
}

/// Locks, and carries on with the data of a thread that panicked: a simulator has nothing better to do.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gate {
    pub(crate) fn new(seed: u64, rate: Option<u32>, wording: Wording) -> Self {
        Self {
            faults: Arc::new(Mutex::new(FaultState::new(seed))),
            meter: Arc::default(),
            rate: Arc::new(Mutex::new(rate)),
            wording,
        }
    }

    pub(crate) fn faults(&self) -> Faults {
        lock(&self.faults).get().clone()
    }

    pub(crate) fn fault_state(&self) -> MutexGuard<'_, FaultState> {
        lock(&self.faults)
    }

    pub(crate) fn meter(&self) -> MutexGuard<'_, Meter> {
        lock(&self.meter)
    }

    pub(crate) fn set_rate(&self, rate: Option<u32>) {
        *lock(&self.rate) = rate;
    }
}

/// A second handle on a connection, so that it can be cut without an answer.
#[derive(Debug, Clone)]
pub(crate) struct Line(Arc<std::net::TcpStream>);

impl Line {
    pub(crate) fn of(stream: &TcpStream) -> Option<Self> {
        let copy = stream.as_fd().try_clone_to_owned().ok()?;
        Some(Self(Arc::new(std::net::TcpStream::from(copy))))
    }

    fn cut(&self) {
        // Already closed by the other side: just as lost.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

/// The middleware.
pub(crate) async fn pass(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let gate = match request.app_data::<Data<Gate>>() {
        Some(gate) if !request.path().starts_with("/_sim") => gate.clone(),
        _ => return Ok(next.call(request).await?.map_into_boxed_body()),
    };
    let line = request.conn_data::<Line>().cloned();
    let rate = *lock(&gate.rate);
    let admitted = gate.meter().arrive(Instant::now(), rate);
    let verdict = gate.fault_state().judge(request.method().as_str(), request.path());
    if !verdict.delay.is_zero() {
        tokio::time::sleep(verdict.delay).await;
    }
    let method = request.method().clone();
    let response = match verdict.fate {
        Fate::Lost { when: When::Before, hold } => {
            let (request, _) = request.into_parts();
            return Ok(lose(line, hold, ServiceResponse::new(request, HttpResponse::Ok().finish())).await);
        }
        Fate::Limited { retry_after } => refuse(request, retry_after, gate.wording.limited),
        Fate::Broken { status, html, retry_after } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            refuse(request, retry_after, |request| {
                if html {
                    let page = "<html><body><h1>Something went wrong</h1></body></html>";
                    HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page)
                } else {
                    (gate.wording.broken)(request, status)
                }
            })
        }
        _ if !admitted => refuse(request, gate.wording.retry_after.map(str::to_owned), gate.wording.limited),
        Fate::Lost { when: When::After, hold } => {
            let response = next.call(request).await?.map_into_boxed_body();
            return Ok(lose(line, hold, response).await);
        }
        Fate::Fine => next.call(request).await?.map_into_boxed_body(),
    };
    let route = response.request().match_pattern().unwrap_or_else(|| "(none)".to_owned());
    gate.meter().answer(format!("{method} {route}"), response.status().as_u16());
    Ok(response)
}

fn refuse(
    request: ServiceRequest,
    retry_after: Option<String>,
    answer: impl FnOnce(&HttpRequest) -> HttpResponse,
) -> ServiceResponse<BoxBody> {
    let (request, _) = request.into_parts();
    let mut response = answer(&request);
    if let Some(value) = retry_after.and_then(|text| text.parse().ok()) {
        response.headers_mut().insert(actix_web::http::header::RETRY_AFTER, value);
    }
    ServiceResponse::new(request, response)
}

async fn lose(
    line: Option<Line>,
    hold: std::time::Duration,
    response: ServiceResponse<BoxBody>,
) -> ServiceResponse<BoxBody> {
    if !hold.is_zero() {
        tokio::time::sleep(hold).await;
    }
    if let Some(line) = line {
        line.cut();
    }
    response
}
