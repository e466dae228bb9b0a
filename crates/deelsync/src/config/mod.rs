//! Configuration: `deelsync.toml`, overridden by the environment, overridden by flags. Read once, at the start.

mod build;
mod collect;
mod example;
mod file;
mod mapping;
mod notify;
mod policy;
mod problem;
mod read;
mod settings;
mod show;
#[cfg(test)]
mod tests;
mod types;
mod webhook;

pub(crate) use collect::Sources;
pub(crate) use example::example;
pub(crate) use problem::Problem;
pub(crate) use show::{Shown, effective};
pub(crate) use types::{
    Config, JumpCloudCredentials, LogConfig, LogFormat, MailConfig, Nightly, NotifyConfig, Rate,
    WebhookConfig,
};
pub(crate) use webhook::address as webhook_address;

/// What reading came to.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The configuration, if nothing is wrong with it.
    pub(crate) config: Option<Config>,
    /// What is wrong, in the order of the file, then variables, then flags.
    pub(crate) problems: Vec<Problem>,
    /// What is wrong in the file and without effect, since a variable or flag overrides it.
    pub(crate) overridden: Vec<Problem>,
    /// What is odd.
    pub(crate) warnings: Vec<Problem>,
    /// Every setting with its value and origin, secrets masked.
    pub(crate) shown: Vec<Shown>,
}

/// Reads and checks everything.
pub(crate) fn load(sources: &Sources) -> Loaded {
    let collected = collect::collect(sources);
    let mut shown = effective(&collected);
    let mut read = read::Read::new(&collected);
    let config = build::build(&mut read);
    let mut problems = collected.problems.clone();
    problems.extend(read.into_problems());
    problems.sort_by_key(|problem| match &problem.origin {
        problem::Origin::File { line, .. } => (0, *line),
        problem::Origin::Env(_) | problem::Origin::SecretFile(_) => (1, 0),
        problem::Origin::Flag(_) => (2, 0),
        problem::Origin::Default => (3, 0),
    });
    for (key, value) in [
        ("jumpcloud.base_url", &config.jumpcloud.base_url),
        ("jumpcloud.oauth_url", &config.jumpcloud.oauth_url),
    ] {
        if let Some(line) = shown.iter_mut().find(|line| line.key == key && line.value.is_none()) {
            *line = Shown {
                value: Some(value.clone()),
                origin: format!("region {}", config.jumpcloud.region),
                ..line.clone()
            };
        }
    }
    let config = problems.is_empty().then_some(config);
    let overridden = overridden(&collected, &problems);
    Loaded { config, problems, overridden, warnings: collected.warnings.clone(), shown }
}

/// What the file would be told if nothing overrode it, beyond what it is told anyway.
fn overridden(collected: &collect::Collected, told: &[Problem]) -> Vec<Problem> {
    let Some(file) = collected.as_in_the_file() else { return Vec::new() };
    let mut read = read::Read::new(&file);
    build::build(&mut read);
    let in_file = |problem: &Problem| matches!(problem.origin, problem::Origin::File { .. });
    read.into_problems().into_iter().filter(|problem| in_file(problem) && !told.contains(problem)).collect()
}
