//! What the public listener answers while there is no Redis yet: come again.

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer, web};
use std::net::SocketAddr;

/// A listener that stores nothing and says so.
pub(super) struct Placeholder {
    handle: ServerHandle,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

/// Opens it; without one the port just stays closed, which Deel takes for the same.
pub(super) async fn serve(address: SocketAddr) -> Option<Placeholder> {
    let server = HttpServer::new(|| {
        App::new()
            .route(
                "/healthz",
                web::get().to(async || HttpResponse::Ok().json(serde_json::json!({ "status": "alive" }))),
            )
            .default_service(web::to(refuse))
    })
    .workers(1)
    .disable_signals()
    .bind(address);
    match server {
        Ok(server) => {
            let server = server.run();
            let handle = server.handle();
            tracing::info!(public.addr = %address, "answering 503 until Redis is there");
            Some(Placeholder { handle, task: tokio::spawn(server) })
        }
        Err(error) => {
            tracing::warn!(public.addr = %address, error = %error, "cannot listen yet");
            None
        }
    }
}

async fn refuse() -> HttpResponse {
    HttpResponse::ServiceUnavailable()
        .insert_header(("retry-after", "5"))
        .json(serde_json::json!({ "error": "Redis is not available", "reasons": ["redis_unreachable"], "ready": false }))
}

impl Placeholder {
    /// Frees the port.
    pub(super) async fn stop(self) {
        self.handle.stop(false).await;
        let _ = self.task.await;
    }
}
