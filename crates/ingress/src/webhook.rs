//! `POST /webhooks/deel`: verify the raw bytes, read who it is about, store that, and only then say 200.

use std::error::Error;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use deel::envelope::{self, EnvelopeError, Event};
use deel::signature::{LABEL_HEADER, SIGNATURE_HEADER, SignatureError, SigningKeys};
use queue::{Accepted, Acceptor, Delivery};
use sha2::{Digest, Sha256};

use crate::body::{self, Body, BodyError};
use crate::budget::Budget;
use crate::classify::{Decision, Job, classify};
use crate::config::Limits;
use crate::connection::Connection;
use crate::crowd;
use crate::metrics::WebhookMetrics;
use crate::organizations::Organizations;
use crate::outcome::Outcome;
use crate::refusals::Refusals;
use crate::seldom::Seldom;

/// The path that Deel is told.
pub const PATH: &str = "/webhooks/deel";

/// Everything the webhook needs, shared by all threads.
pub(crate) struct Webhook {
    door: Door,
    organizations: Arc<Organizations>,
    metrics: WebhookMetrics,
    refusals: Refusals,
    not_believed: Seldom,
    not_stored: Seldom,
}

/// What a request passes before anything is made of it. The benchmark's ceiling passes it too.
pub(crate) struct Door {
    keys: SigningKeys,
    limits: Limits,
    budget: Budget,
    retry_after: HeaderValue,
}

impl Door {
    pub(crate) fn new(keys: SigningKeys, limits: Limits) -> Self {
        Self {
            keys,
            limits,
            budget: Budget::new(limits.bodies_bytes),
            retry_after: HeaderValue::from(limits.retry_after.as_secs().max(1)),
        }
    }

    /// The body, whole and signed.
    pub(crate) async fn admit(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<Body<'_>, Outcome> {
        let connection = request.conn_data::<Rc<Connection>>();
        let began = connection.map_or_else(Instant::now, |known| known.began());
        let until = began + self.limits.request_time;
        let declared = declared_length(request.headers());
        let give_way = || crowd::end_slowest(self.limits.slow_body);
        let body =
            body::read(payload, declared, self.limits.body_bytes, until, &self.budget, give_way).await?;
        connection.inspect(|known| known.arrived());
        let header = request.headers().get(SIGNATURE_HEADER).map(HeaderValue::as_bytes);
        let label = request.headers().get(LABEL_HEADER).and_then(|label| label.to_str().ok());
        self.keys.verify(header, label, &body)?;
        connection.inspect(|known| known.prove());
        Ok(body)
    }

    pub(crate) fn respond(&self, outcome: Outcome) -> HttpResponse {
        outcome.respond(&self.retry_after)
    }
}

impl From<BodyError> for Outcome {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::TooLarge,
            BodyError::TooSlow => Self::TooSlow,
            BodyError::NoRoom => Self::NoRoom,
            BodyError::Aborted => Self::Aborted,
        }
    }
}

impl From<SignatureError> for Outcome {
    fn from(error: SignatureError) -> Self {
        match error {
            SignatureError::Missing => Self::SignatureMissing,
            SignatureError::Malformed => Self::SignatureMalformed,
            SignatureError::Mismatch => Self::SignatureWrong,
        }
    }
}

impl From<Accepted> for Outcome {
    fn from(accepted: Accepted) -> Self {
        match accepted {
            Accepted::Stored | Accepted::Rerun | Accepted::Remembered => Self::Stored,
            Accepted::Coalesced => Self::Coalesced,
            Accepted::Duplicate => Self::Duplicate,
            Accepted::ReconcileRequested => Self::ReconcileRequested,
        }
    }
}

/// What is left of a request once its body is let go.
enum Read {
    Done(Outcome),
    NotAnObject(EnvelopeError),
    Store([u8; 32], Job),
}

impl Webhook {
    pub(crate) fn new(
        keys: SigningKeys,
        limits: Limits,
        organizations: Arc<Organizations>,
        metrics: WebhookMetrics,
    ) -> Self {
        Self {
            door: Door::new(keys, limits),
            organizations,
            metrics,
            refusals: Refusals::new(limits.refusals_per_second),
            not_believed: Seldom::default(),
            not_stored: Seldom::default(),
        }
    }

    async fn handle(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
        acceptor: &Acceptor,
    ) -> (Outcome, Option<HttpResponse>) {
        match self.read(request, payload).await {
            Read::Done(outcome) => (outcome, None),
            Read::NotAnObject(error) => (Outcome::NotAnObject, Some(Outcome::refuse(&error))),
            Read::Store(hash, job) => (self.store(hash, job, acceptor).await, None),
        }
    }

    /// Everything that needs the body, which takes memory only so long.
    async fn read(&self, request: &HttpRequest, payload: web::Payload) -> Read {
        let body = match self.door.admit(request, payload).await {
            Ok(body) => body,
            Err(outcome) => {
                self.tell_of_refusal(outcome);
                return Read::Done(outcome);
            }
        };
        let event = match envelope::parse(&body) {
            Ok(event) => event,
            Err(error) => return Read::NotAnObject(error),
        };
        if event.is_token_revoked() && !event.is_simulation {
            self.metrics.tokens_revoked.increment(1);
            tracing::warn!(
                "Deel says that the OAuth access was revoked; if this program uses it, connect again"
            );
        }
        tracing::debug!(event.kind = event.label(), delivery.id = delivery_id(&event), "webhook read");
        match classify(event, |id| self.organizations.is_foreign(id)) {
            Decision::Ignore(outcome) => Read::Done(outcome),
            Decision::Store(job) => Read::Store(Sha256::digest(&*body).into(), job),
        }
    }

    async fn store(&self, hash: [u8; 32], job: Job, acceptor: &Acceptor) -> Outcome {
        let Job { line, trigger, look, subjects } = job;
        match acceptor.accept(Delivery { hash, line, trigger, look, subjects }).await {
            Ok(accepted) => accepted.into(),
            Err(error) => {
                if let Some(held_back) = self.not_stored.now(Instant::now()) {
                    tracing::error!(
                        error = &error as &dyn Error,
                        also = held_back,
                        "webhook not stored, answered 503; Deel delivers it again"
                    );
                }
                Outcome::NotStored
            }
        }
    }

    fn tell_of_refusal(&self, outcome: Outcome) {
        if !matches!(outcome, Outcome::SignatureMalformed | Outcome::SignatureWrong) {
            return;
        }
        if let Some(held_back) = self.not_believed.now(Instant::now()) {
            tracing::warn!(
                outcome = outcome.label(),
                also = held_back,
                "webhook refused for its signature; if it came from Deel, DEEL_SIGNING_KEYS lacks the subscription's key"
            );
        }
    }
}

/// The handler of [`PATH`].
pub(crate) async fn receive(
    state: web::Data<Webhook>,
    acceptor: web::Data<Acceptor>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let arrived = Instant::now();
    let (outcome, response) = state.handle(&request, payload, &acceptor).await;
    state.metrics.record(outcome, arrived);
    if outcome.status() == StatusCode::UNAUTHORIZED {
        let wait = state.refusals.wait(Instant::now());
        if !wait.is_zero() {
            actix_web::rt::time::sleep(wait).await;
        }
    }
    response.unwrap_or_else(|| state.door.respond(outcome))
}

/// [`PATH`] with another method.
pub(crate) async fn wrong_method(state: web::Data<Webhook>) -> HttpResponse {
    state.metrics.record(Outcome::MethodNotAllowed, Instant::now());
    state.door.respond(Outcome::MethodNotAllowed)
}

/// What the client says its body will have; actix has refused a header that is no number.
fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// Deel's reference for its support, where it is written like one: whatever a body says may otherwise be a name.
fn delivery_id(event: &Event) -> Option<&str> {
    let id = event.tracking_id.as_deref()?;
    let like_one = id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    like_one.then_some(id)
}
