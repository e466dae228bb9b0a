//! `check`: tries every connection and says, in words, what works, what is missing, and how to mend it.

mod accounts;
mod deel;
mod groups;
mod jumpcloud;
mod redis;
mod settings;

use crate::backend;
use crate::cli::Format;
use crate::commands::startup::Env;
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use queue::Vendor;
use serde_json::json;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Level {
    /// Works.
    Ok,
    /// Works, but.
    Warning,
    /// Needed, and does not work.
    Missing,
}

/// One line of the answer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Finding {
    pub(crate) level: Level,
    /// What was looked at: Redis, Deel, Webhook, JumpCloud, Accounts, Groups, Settings, Notify.
    pub(crate) about: &'static str,
    pub(crate) text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remedy: Option<String>,
}

/// What was found so far; printed as it comes, since a vendor may take its time.
pub(crate) struct Findings {
    list: Vec<Finding>,
    print: bool,
}

impl Findings {
    pub(crate) fn ok(&mut self, about: &'static str, text: impl Into<String>) {
        self.push(Finding { level: Level::Ok, about, text: text.into(), remedy: None });
    }

    pub(crate) fn warn(&mut self, about: &'static str, text: impl Into<String>, remedy: impl Into<String>) {
        self.push(Finding { level: Level::Warning, about, text: text.into(), remedy: Some(remedy.into()) });
    }

    pub(crate) fn missing(
        &mut self,
        about: &'static str,
        text: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.push(Finding { level: Level::Missing, about, text: text.into(), remedy: Some(remedy.into()) });
    }

    fn push(&mut self, finding: Finding) {
        if self.print {
            out::line(shown(&finding));
        }
        self.list.push(finding);
    }

    fn count(&self, level: Level) -> usize {
        self.list.iter().filter(|finding| finding.level == level).count()
    }
}

fn shown(finding: &Finding) -> String {
    let sign = match finding.level {
        Level::Ok => '✓',
        Level::Warning => '!',
        Level::Missing => '✗',
    };
    let mut text = format!("{sign} {:<10} {}", finding.about, finding.text);
    if let Some(remedy) = &finding.remedy {
        text.push_str("\n             → ");
        text.push_str(remedy);
    }
    text
}

/// Runs all checks. Reads only; with `notify`, people get a test message.
pub(crate) async fn run(config: &Config, env: &Env, notify: bool, format: Format) -> anyhow::Result<Exit> {
    let mut findings = Findings { list: Vec::new(), print: format == Format::Table };
    settings::check(config, &mut findings);
    if notify {
        told(config, &mut findings).await;
    }
    let absent = backend::no_data_in(config);
    let started = match &absent {
        // Nor does a check make a data directory where none is.
        Some(path) => {
            redis::not_begun(config, path, &mut findings);
            Ok(None)
        }
        None => backend::embedded(config, env).await,
    };
    let embedded = match started {
        Ok(embedded) => embedded,
        Err(error) => {
            findings.missing(
                "Redis",
                format!("{error:#}"),
                "the embedded Redis needs redis-server, or set REDIS_URL",
            );
            None
        }
    };
    let vendors = async {
        let queue = redis::check(config, embedded.as_ref(), &mut findings).await;
        // The vendors' limits hold for us too, wherever Redis can tell.
        let budget = |vendor| queue.as_ref().map(|queue| backend::budget(config, queue, vendor));
        deel::check(config, queue.as_ref(), budget(Vendor::Deel).as_ref(), &mut findings).await;
        let jumpcloud_budget = budget(Vendor::JumpCloud);
        let budget = jumpcloud_budget.as_ref();
        if let Some(reader) = jumpcloud::check(config, budget, &mut findings).await {
            accounts::check(config, &reader, queue.as_ref(), budget, &mut findings).await;
        }
    };
    let interrupted = tokio::select! {
        () = Box::pin(vendors) => false,
        () = crate::service::signal() => true,
    };
    if let Some(embedded) = embedded {
        embedded.close().await;
    }
    if interrupted {
        anyhow::bail!("interrupted");
    }
    conclude(&findings, config, format)
}

/// Sends a test message through every channel.
async fn told(config: &Config, findings: &mut Findings) {
    const ABOUT: &str = "Notify";
    let remedy = "see NOTIFY_WEBHOOK_URL, [notify.mail] and NOTIFY_SMTP_PASSWORD";
    match crate::notify::test(&config.notify).await {
        Err(error) => findings.missing(ABOUT, format!("{error:#}"), remedy),
        Ok(sent) if sent.is_empty() => findings.missing(ABOUT, "nobody is there to be told", remedy),
        Ok(sent) => {
            for (channel, sent) in sent {
                match sent {
                    Ok(()) => findings
                        .ok(ABOUT, format!("a test message went out by {channel}: see that it has arrived")),
                    Err(error) => findings.missing(ABOUT, format!("by {channel}: {error:#}"), remedy),
                }
            }
        }
    }
}

fn conclude(findings: &Findings, config: &Config, format: Format) -> anyhow::Result<Exit> {
    let missing = findings.count(Level::Missing);
    let warnings = findings.count(Level::Warning);
    match format {
        Format::Json => out::json(&json!({
            "ok": missing == 0,
            "missing": missing,
            "warnings": warnings,
            "mode": config.mode,
            "findings": findings.list,
        }))?,
        Format::Table => out::line(format!(
            "\n{}",
            match (missing, warnings) {
                (0, 0) =>
                    "Everything works. Next: `deelsync plan` says what a sync would do, `deelsync run` starts it.".to_owned(),
                (0, _) => format!(
                    "Everything needed works; {} worth reading: {warnings}, marked with !.\n\
                     Next: `deelsync plan` says what a sync would do; `deelsync run` starts it.",
                    if warnings == 1 { "a remark" } else { "remarks" }
                ),
                _ =>
                    format!("Not ready: {missing} marked with ✗. Mend these and run `deelsync check` again."),
            }
        )),
    }
    Ok(if missing == 0 { Exit::Success } else { Exit::Failure })
}

/// Waits for a slot of the vendor's budget; without Redis there is none, and a handful of requests in a row is slow enough.
async fn slot(budget: Option<&queue::Budget>) {
    if let Some(budget) = budget {
        // A check must not hang on the accounting of its own requests.
        let _ = tokio::time::timeout(std::time::Duration::from_secs(5), budget.acquire(queue::Line::Urgent))
            .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_reads_as_a_line_and_its_remedy_as_another() {
        let mut findings = Findings { list: Vec::new(), print: false };
        findings.ok("Redis", "answers");
        findings.missing("Deel", "DEEL_API_TOKEN is not set", "make a token");
        let text: Vec<String> = findings.list.iter().map(shown).collect();
        insta::assert_snapshot!(text.join("\n"), @r"
        ✓ Redis      answers
        ✗ Deel       DEEL_API_TOKEN is not set
                     → make a token
        ");
        assert_eq!(findings.count(Level::Missing), 1);
    }
}
