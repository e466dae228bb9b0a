//! A place for webhooks to arrive at.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU16, Ordering},
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, dev::ServerHandle, web};

#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) signature: Option<String>,
    pub(crate) label: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Arrival {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

pub(crate) struct Receiver {
    pub(crate) url: String,
    /// What it answers.
    pub(crate) answer: Arc<AtomicU16>,
    arrivals: Arc<Mutex<Vec<Arrival>>>,
    handle: ServerHandle,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let arrivals: Arc<Mutex<Vec<Arrival>>> = Arc::default();
        let answer = Arc::new(AtomicU16::new(200));
        let shared = (arrivals.clone(), answer.clone());
        let server = HttpServer::new(move || {
            let (arrivals, answer) = shared.clone();
            App::new().default_service(web::to(move |request: HttpRequest, body: web::Bytes| {
                let header =
                    |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
                arrivals.lock().unwrap().push(Arrival {
                    signature: header("x-deel-signature"),
                    label: header("x-deel-hmac-label"),
                    version: header("x-deel-webhook-version"),
                    body: body.to_vec(),
                });
                let status = answer.load(Ordering::SeqCst).try_into().unwrap();
                async move { HttpResponse::build(status).finish() }
            }))
        })
        .workers(1)
        .disable_signals()
        .bind("127.0.0.1:0")
        .unwrap();
        let url = format!("http://{}/webhooks/deel", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { url, answer, arrivals, handle }
    }

    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        self.arrivals.lock().unwrap().clone()
    }

    pub(crate) fn kinds(&self) -> Vec<String> {
        let kind =
            |arrival: &Arrival| arrival.json()["data"]["meta"]["event_type"].as_str().unwrap().to_owned();
        self.arrivals().iter().map(kind).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}
