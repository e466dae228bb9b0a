//! Logs and metrics: where they go and what they look like.

use crate::config::{LogConfig, LogFormat};
use metrics_exporter_prometheus::PrometheusHandle;
use std::error::Error;
use std::fmt;
use std::io::IsTerminal;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// Installs the logger. Everything goes to stderr: stdout belongs to the answers of commands.
pub(crate) fn install_logs(config: &LogConfig, service: bool) {
    // The HTTP server announces each of its threads.
    let default = if service { "info,actix_server=warn" } else { "warn" };
    // What is configured was checked, so it parses.
    let filter = EnvFilter::new(config.filter.as_deref().unwrap_or(default));
    let terminal = std::io::stderr().is_terminal();
    let human = match config.format {
        LogFormat::Auto => terminal,
        LogFormat::Human => true,
        LogFormat::Json => false,
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second installation can only happen in tests, and the first one serves.
    let _ = if human {
        builder.with_ansi(terminal).try_init()
    } else {
        builder.json().flatten_event(true).with_span_list(false).try_init()
    };
}

/// Installs the recorder behind `/metrics`.
///
/// # Errors
/// If a recorder is installed already.
pub(crate) fn install_metrics() -> anyhow::Result<PrometheusHandle> {
    let handle = ingress::metrics::builder()?.install_recorder()?;
    reconciler::describe_metrics();
    Ok(handle)
}

/// Lets the recorder forget what it has summed up; needed now and then, whether or not anybody reads `/metrics`.
pub(crate) async fn upkeep(handle: PrometheusHandle) {
    loop {
        tokio::time::sleep(Duration::from_secs(10)).await;
        handle.run_upkeep();
    }
}

/// An error and its causes on one line, for the one place where an error is logged.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = self.0.to_string();
        f.write_str(&last)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            let words = cause.to_string();
            // What says the same once more, and perhaps a little more, is said once.
            match words.strip_prefix(last.as_str()) {
                Some(rest) => f.write_str(rest)?,
                None => write!(f, ": {words}")?,
            }
            last = words;
            source = cause.source();
        }
        Ok(())
    }
}
