//! The listener for operators: metrics, health, and the API.

use std::time::{Duration, Instant};

use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::{HttpResponse, guard, web};
use metrics_exporter_prometheus::PrometheusHandle;
use queue::Queue;
use tokio::sync::Mutex;

use crate::api::{self, Api};
use crate::health::{self, Health};
use crate::metrics::QueueMetrics;

/// How long the queue's numbers count.
const FRESH: Duration = Duration::from_secs(1);
/// How long Redis may take to give them; a scrape is answered without them.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a scrape needs.
pub(crate) struct Metrics {
    handle: PrometheusHandle,
    queue: Queue,
    gauges: QueueMetrics,
    read: Mutex<Option<Instant>>,
}

impl Metrics {
    pub(crate) fn new(handle: PrometheusHandle, queue: Queue, gauges: QueueMetrics) -> Self {
        Self { handle, queue, gauges, read: Mutex::new(None) }
    }

    /// Reads the queue's numbers at most once a [`FRESH`], however many scrape.
    async fn refresh(&self) {
        let mut read = self.read.lock().await;
        if read.is_some_and(|when| when.elapsed() < FRESH) {
            return;
        }
        let status = tokio::time::timeout(PATIENCE, self.queue.status()).await;
        self.gauges.set(status.ok().and_then(Result::ok).as_ref());
        *read = Some(Instant::now());
    }
}

/// Everything under the admin address.
pub(crate) fn routes(
    config: &mut web::ServiceConfig,
    metrics: &web::Data<Metrics>,
    health: &web::Data<Health>,
    api: Option<&Api>,
) {
    if let Some(api) = api {
        api::routes(config, api);
    }
    config
        .app_data(metrics.clone())
        .app_data(health.clone())
        .configure(health::routes)
        .service(
            web::resource("/metrics")
                .route(web::route().guard(guard::Any(guard::Get()).or(guard::Head())).to(scrape))
                .default_service(web::to(health::only_get)),
        )
        .default_service(web::to(health::not_found));
}

async fn scrape(metrics: web::Data<Metrics>) -> HttpResponse {
    metrics.refresh().await;
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8")))
        .body(metrics.handle.render())
}
