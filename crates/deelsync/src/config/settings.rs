//! Every setting, once: its key in the file, its variable, its default and its words. Reading, checking, showing and
//! the example all come from this table, so none of them can drift from the others.

/// What a value looks like in TOML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    Integer,
    Number,
    /// A number, or the text `off`.
    NumberOrOff,
    Bool,
    /// An array of texts; in a variable separated by commas.
    List,
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// Dotted key in the file.
    pub(crate) key: &'static str,
    /// The variable, where it is not `DEELSYNC_` and the key.
    variable: Option<&'static str>,
    pub(crate) shape: Shape,
    /// As one would write it; `None`: unset.
    pub(crate) default: Option<&'static str>,
    /// For the example, when there is no default.
    pub(crate) sample: &'static str,
    /// For the example, lines of at most 90 characters.
    pub(crate) about: &'static str,
}

impl Setting {
    /// The environment variable that overrides the file.
    pub(crate) fn env(&self) -> String {
        self.variable
            .map_or_else(|| format!("DEELSYNC_{}", self.key.to_uppercase().replace('.', "_")), str::to_owned)
    }
}

/// A secret: only from the environment, or from the file that `<env>_FILE` names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Secret {
    pub(crate) env: &'static str,
    /// Where one would look for it in the file, to say that it does not belong there.
    pub(crate) key: &'static str,
    pub(crate) about: &'static str,
}

const fn text(
    key: &'static str,
    variable: Option<&'static str>,
    default: Option<&'static str>,
    sample: &'static str,
    about: &'static str,
) -> Setting {
    Setting { key, variable, shape: Shape::Text, default, sample, about }
}

const fn shaped(
    shape: Shape,
    key: &'static str,
    variable: Option<&'static str>,
    default: &'static str,
    about: &'static str,
) -> Setting {
    Setting { key, variable, shape, default: Some(default), sample: "", about }
}

const fn policy(key: &'static str, about: &'static str) -> Setting {
    text(key, None, Some("enforce"), "", about)
}

/// A name: without a line of its own, it is `enforce`, and `report` on an account that existed before it was linked.
const fn name(key: &'static str) -> Setting {
    text(
        key,
        None,
        None,
        "enforce",
        "If unset: enforce, and report on accounts that existed before they were linked.",
    )
}

const fn count(key: &'static str, default: &'static str, about: &'static str) -> Setting {
    shaped(Shape::Integer, key, None, default, about)
}

const fn percent(key: &'static str, default: &'static str) -> Setting {
    shaped(Shape::Number, key, None, default, "")
}

/// The sections in the order of the example, each with its words.
pub(crate) const SECTIONS: &[(&str, &str)] = &[
    ("deel", "Deel, where the people are."),
    ("jumpcloud", "JumpCloud, where the accounts are."),
    ("redis", "Redis keeps what waits, what is held, and the audit trail."),
    ("server", "The two listeners. Only the first is meant for the outside."),
    ("sync", "What is done, and when."),
    (
        "sync.scope",
        "Who is kept in step; an empty list allows everybody. Compared without case. Whoever is outside, or leaves it, is\n\
         left alone, never suspended. In a variable the values are separated by commas; here a value may hold one.",
    ),
    (
        "sync.worker_type_names",
        "Deel's worker types under other names in JumpCloud; what is not listed keeps Deel's spelling.\n\
         For example: direct_employee = \"Employee\"",
    ),
    (
        "attributes",
        "What to do with each attribute of an account:\n\
         enforce            Deel wins; an empty value in Deel leaves JumpCloud's\n\
         enforce-and-clear  Deel wins, an empty value too\n\
         initial            written when the account is created, then left alone\n\
         report             a difference is shown, not written\n\
         off                not looked at",
    ),
    (
        "attributes.custom",
        "Custom attributes of accounts (letters and digits, under 32), each with the custom field in Deel that it\n\
         comes from. Those that are not named here are not touched. For example: shirtSize = \"T-shirt size\"",
    ),
    (
        "attributes.custom_policy",
        "What to do with each of them, where it is not enforce. For example: shirtSize = \"report\"",
    ),
    (
        "templates",
        "Attributes whose value is composed: any but email and manager. Written in the language of Jinja, for example\n\
\x20 displayname = \"{{ preferred_first_name|default(first_name) }} {{ last_name }}\"\n\
         Variables: first_name, last_name, preferred_first_name, preferred_last_name, full_name, work_email, job_title,\n\
         department, team, location, entity, worker_type, country, start_date, and custom for Deel's custom fields, as\n\
         in custom.Nickname or custom[\"T-shirt size\"]. A value that Deel does not have leaves the attribute as it is,\n\
         unless the template asks for it first: {% if team %}{{ team }}{% else %}none{% endif %}",
    ),
    (
        "templates.custom",
        "The same for custom attributes. For example: badge = \"{{ entity }}-{{ custom.Badge }}\"",
    ),
    (
        "groups",
        "User groups of JumpCloud by rule: whoever meets all conditions of a rule is a member, whoever fails one of each\n\
         rule of a group is not. Groups that are not named here are not touched, and dynamic ones cannot be. Leavers keep\n\
         their memberships; they are suspended. `id` tells groups of one name apart. One section for each rule:\n\
\x20 [[groups]]\n\
         \x20 name = \"Engineering\"\n\
         \x20 department = \"Engineering\"\n\
         and, as further conditions: entity = \"Example GmbH\", worker_type = \"eor\", country = \"DE\"",
    ),
    (
        "limits",
        "How many changes of a kind may happen in any 24 hours, over all paths together: the larger of `count` and\n\
         `percent` of the linked accounts. What exceeds a limit is held until someone approves it.",
    ),
    ("limits.suspension", ""),
    ("limits.reactivation", ""),
    ("limits.email_change", ""),
    ("limits.link", ""),
    ("limits.creation", ""),
    ("limits.group_removal", ""),
    (
        "limits.attribute",
        "On how many accounts any one attribute may change. Beyond it, all its changes are one item to approve.",
    ),
    (
        "notify",
        "Who is told of what cannot wait: a leaver whose account stays in use, a refused comparison of everyone, an urgent\n\
         job that is dead. Ids only. By a Slack-compatible webhook (NOTIFY_WEBHOOK_URL), by mail, or both.",
    ),
    ("notify.mail", ""),
    (
        "audit",
        "The audit trail: who or what did what, before and after. Holds field values, hence the retention.",
    ),
    ("queue", "The work."),
    ("log", "Logs go to stderr and carry ids, never names, addresses or bodies."),
];

/// Every setting that is not a secret.
pub(crate) const SETTINGS: &[Setting] = &[
    text(
        "data_dir",
        None,
        Some("./data"),
        "",
        "Directory of the embedded Redis and of what must survive a restart. Created with mode 0700.",
    ),
    text(
        "deel.base_url",
        Some("DEEL_BASE_URL"),
        Some("https://api.letsdeel.com/rest/v2"),
        "",
        "The sandbox is https://api-sandbox.demo.deel.com/rest/v2.",
    ),
    text(
        "deel.api_version",
        Some("DEEL_API_VERSION"),
        None,
        "2026-01-01",
        "Sent as X-Version; unset, Deel answers with its stable version.",
    ),
    shaped(
        Shape::NumberOrOff,
        "deel.rate_per_second",
        Some("DEEL_RATE_LIMIT"),
        "5",
        "Requests per second over all processes. Deel allows 5 per organization, shared by all its tokens.\n\
         \"off\" is possible only for an address on loopback.",
    ),
    text("jumpcloud.region", Some("JUMPCLOUD_REGION"), Some("us"), "", "us, eu or in."),
    text(
        "jumpcloud.base_url",
        Some("JUMPCLOUD_BASE_URL"),
        None,
        "https://console.jumpcloud.com/api",
        "Unset: the region's.",
    ),
    text(
        "jumpcloud.oauth_url",
        Some("JUMPCLOUD_OAUTH_URL"),
        None,
        "https://admin-oauth.id.jumpcloud.com/oauth2/token",
        "Where a service account gets its tokens. Unset: the region's.",
    ),
    text(
        "jumpcloud.client_id",
        Some("JUMPCLOUD_CLIENT_ID"),
        None,
        "0123456789abcdef",
        "The service account; its secret is JUMPCLOUD_CLIENT_SECRET in the environment.",
    ),
    text(
        "jumpcloud.organization_id",
        Some("JUMPCLOUD_ORG_ID"),
        None,
        "5f0c0f0c0f0c0f0c0f0c0f0c",
        "Required if the administrator or service account sees several organizations.",
    ),
    shaped(
        Shape::NumberOrOff,
        "jumpcloud.rate_per_second",
        Some("JUMPCLOUD_RATE_LIMIT"),
        "20",
        "Requests per second over all processes; lowered by itself while JumpCloud answers 429.\n\
         \"off\" is possible only for an address on loopback.",
    ),
    text(
        "redis.url",
        Some("REDIS_URL"),
        None,
        "redis://redis.internal:6379/0",
        "redis://, rediss://, unix://, redis-sentinel://host,host/master/db or redis-cluster://host,host.\n\
         With a password it belongs in the environment. Unset: a private redis-server in the data directory.",
    ),
    text("redis.prefix", None, Some("deelsync"), "", "All keys start with it: letters, digits, - and _."),
    text(
        "redis.server_program",
        None,
        Some("redis-server"),
        "",
        "The program of the embedded Redis: a name on the PATH or a path.",
    ),
    text(
        "server.listen",
        Some("DEELSYNC_LISTEN"),
        Some("127.0.0.1:8080"),
        "",
        "Webhook, /healthz and /readyz. Put a TLS proxy before it.",
    ),
    text(
        "server.admin_listen",
        Some("DEELSYNC_ADMIN_LISTEN"),
        Some("127.0.0.1:8081"),
        "",
        "/metrics, health and, with DEELSYNC_ADMIN_TOKEN, the operator API. `work` serves it too; \"off\" turns it off.",
    ),
    text(
        "sync.mode",
        Some("DEELSYNC_MODE"),
        Some("observe"),
        "",
        "observe: everything is received, planned and put on the trail, nothing is written.\n\
         enforce: JumpCloud is written.",
    ),
    text("sync.create_state", None, Some("staged"), "", "State of new accounts: staged or activated."),
    text(
        "sync.activation",
        None,
        Some("manual"),
        "",
        "Staged accounts are activated by hand (manual), on the start date (on-start-date), or then by JumpCloud's own \
         schedule, which needs no deelsync that day (scheduled).",
    ),
    text(
        "sync.adopt",
        None,
        Some("review"),
        "",
        "An account with the person's email and no link: held for review (review) or linked (automatic).",
    ),
    text(
        "sync.email_change",
        None,
        Some("hold"),
        "",
        "A changed work email of a linked account: held for approval (hold) or written (apply).",
    ),
    text("sync.names", None, Some("legal"), "", "First and last name: legal or preferred."),
    shaped(
        Shape::Integer,
        "sync.username_max",
        None,
        "30",
        "Longest username, 8 to 64. macOS and Linux allow 30, Windows 20.",
    ),
    text(
        "sync.organization_zone",
        None,
        None,
        "Europe/Berlin",
        "Zone (IANA name) in which a last day ends for people whose own zone is not known.\n\
         Unset: such a day ends when it has ended everywhere on earth.",
    ),
    text(
        "sync.link_field",
        None,
        Some("employeeIdentifier"),
        "",
        "Where an account keeps its Deel profile id: employeeIdentifier, or attribute:NAME for a custom attribute\n\
         (letters and digits, under 32).",
    ),
    shaped(Shape::List, "sync.excluded", None, "", "People who are left alone: their Deel profile ids."),
    shaped(
        Shape::List,
        "sync.excluded_accounts",
        None,
        "",
        "Accounts that are left alone: their JumpCloud ids or usernames.",
    ),
    shaped(
        Shape::Integer,
        "sync.grace_days",
        None,
        "0",
        "Days that may lie between the end of one contract and the start of the next without a suspension, 0 to 90.\n\
         Counts only for somebody whose next contract is in Deel already.",
    ),
    text(
        "sync.nightly_at",
        None,
        Some("02:00"),
        "",
        "When everything is compared once a day: HH:MM, or \"off\". Missed while down, it is made up.",
    ),
    text(
        "sync.nightly_zone",
        None,
        None,
        "Europe/Berlin",
        "The zone of that time (IANA name). Unset: UTC, and `check` says so.",
    ),
    text(
        "sync.every",
        None,
        None,
        "4h",
        "Compare everything this often as well: 15m to 7d. For those whom Deel's webhooks cannot reach.",
    ),
    shaped(
        Shape::List,
        "sync.scope.worker_types",
        None,
        "",
        "As Deel spells them, for example \"direct_employee\".",
    ),
    shaped(Shape::List, "sync.scope.entities", None, "", "Legal entities."),
    shaped(Shape::List, "sync.scope.countries", None, "", "Two letters each, for example \"DE\"."),
    shaped(Shape::List, "sync.scope.departments", None, "", ""),
    policy("attributes.email", ""),
    name("attributes.firstname"),
    name("attributes.lastname"),
    name("attributes.displayname"),
    policy("attributes.jobTitle", ""),
    policy("attributes.department", ""),
    policy("attributes.location", "Deel's work location."),
    policy("attributes.costCenter", "Deel's team."),
    policy("attributes.employeeType", "Deel's worker type."),
    policy("attributes.company", "Deel's entity."),
    text(
        "attributes.manager",
        None,
        Some("off"),
        "",
        "The account of Deel's direct manager; left alone while the manager has none.",
    ),
    count("limits.suspension.count", "3", ""),
    percent("limits.suspension.percent", "5"),
    count("limits.reactivation.count", "5", ""),
    percent("limits.reactivation.percent", "5"),
    count("limits.email_change.count", "5", ""),
    percent("limits.email_change.percent", "5"),
    count("limits.link.count", "5", ""),
    percent("limits.link.percent", "5"),
    count("limits.creation.count", "100", ""),
    percent("limits.creation.percent", "20"),
    count("limits.group_removal.count", "5", ""),
    percent("limits.group_removal.percent", "5"),
    count("limits.attribute.count", "10", ""),
    percent("limits.attribute.percent", "10"),
    text("notify.repeat", None, Some("4h"), "", "Told again after this time until it is settled: 1m to 7d."),
    Setting {
        key: "notify.mail.to",
        variable: None,
        shape: Shape::List,
        default: None,
        sample: "\"it@example.com\"",
        about: "Unset: no mail.",
    },
    text("notify.mail.from", None, None, "deelsync@example.com", ""),
    text(
        "notify.mail.smtp_url",
        None,
        None,
        "smtps://user@mail.example.com",
        "Or smtp://user@mail.example.com:587?tls=required for STARTTLS. The password is NOTIFY_SMTP_PASSWORD.",
    ),
    shaped(Shape::Bool, "audit.enabled", None, "true", "false: no trail is kept; `why` then knows nothing."),
    shaped(Shape::Integer, "audit.retention_days", None, "365", "1 to 3650."),
    shaped(
        Shape::Integer,
        "queue.concurrency",
        None,
        "16",
        "People worked on at once by one process, 1 to 256. The vendors' limits are shared by all processes.",
    ),
    shaped(
        Shape::Integer,
        "queue.max_attempts",
        None,
        "8",
        "After so many failed attempts a job is dead: kept, listed with its reason, retried by hand. 1 to 100.\n\
         A vendor that limits or is unavailable does not use up attempts.",
    ),
    text("log.format", None, Some("auto"), "", "human or json; auto: human on a terminal, otherwise json."),
    text(
        "log.filter",
        Some("DEELSYNC_LOG"),
        None,
        "info",
        "A level (error, warn, info, debug, trace), or directives such as info,queue=debug.\n\
         Unset: info for run, serve and work, warn for commands, which have an answer to give.",
    ),
];

/// Every secret.
pub(crate) const SECRETS: &[Secret] = &[
    Secret { env: "DEEL_API_TOKEN", key: "deel.api_token", about: "organization token of Deel" },
    Secret {
        env: "DEEL_SIGNING_KEYS",
        key: "deel.signing_keys",
        about: "signing keys of the webhook subscription, separated by commas, all are tried",
    },
    Secret { env: "JUMPCLOUD_API_KEY", key: "jumpcloud.api_key", about: "API key of an administrator" },
    Secret {
        env: "DEELSYNC_ADMIN_TOKEN",
        key: "server.admin_token",
        about: "bearer token of the operator API under /api/v1; unset, the API is off",
    },
    Secret {
        env: "JUMPCLOUD_CLIENT_SECRET",
        key: "jumpcloud.client_secret",
        about: "secret of the service account jumpcloud.client_id",
    },
    Secret {
        env: "NOTIFY_WEBHOOK_URL",
        key: "notify.webhook_url",
        about: "incoming webhook (Slack's format) for what cannot wait",
    },
    Secret {
        env: "NOTIFY_SMTP_PASSWORD",
        key: "notify.mail.password",
        about: "password of the user in notify.mail.smtp_url",
    },
];

/// Tables whose keys are the operator's own.
pub(crate) const FREE_TABLES: &[&str] = &[
    "sync.worker_type_names",
    "attributes.custom",
    "attributes.custom_policy",
    "templates",
    "templates.custom",
];

/// Lists of tables, `[[name]]`, each with the keys that one of them has. As free keys they are `name.NUMBER.key`.
pub(crate) const LIST_TABLES: &[(&str, &[&str])] =
    &[("groups", &["name", "id", "department", "entity", "worker_type", "country"])];

/// The setting with this key.
pub(crate) fn setting(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// Whether some setting lies below this key.
pub(crate) fn is_section(key: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.key.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
        || FREE_TABLES.contains(&key)
        || LIST_TABLES.iter().any(|(name, _)| *name == key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn keys_and_variables_are_unique() {
        let keys: BTreeSet<_> = SETTINGS.iter().map(|setting| setting.key).collect();
        assert_eq!(keys.len(), SETTINGS.len());
        let variables: BTreeSet<_> = SETTINGS.iter().map(Setting::env).collect();
        assert_eq!(variables.len(), SETTINGS.len());
    }

    #[test]
    fn every_setting_has_a_place_in_the_example() {
        for setting in SETTINGS {
            let section = setting.key.rsplit_once('.').map(|(section, _)| section);
            assert!(
                section.is_none_or(|section| SECTIONS.iter().any(|(name, _)| *name == section)),
                "{}",
                setting.key
            );
        }
    }

    #[test]
    fn variables_follow_from_keys_or_are_well_known() {
        let env = |key| setting(key).map(Setting::env);
        assert_eq!(env("sync.create_state").as_deref(), Some("DEELSYNC_SYNC_CREATE_STATE"));
        assert_eq!(env("attributes.jobTitle").as_deref(), Some("DEELSYNC_ATTRIBUTES_JOBTITLE"));
        assert_eq!(env("sync.mode").as_deref(), Some("DEELSYNC_MODE"));
        assert_eq!(env("data_dir").as_deref(), Some("DEELSYNC_DATA_DIR"));
        assert_eq!(env("log.format").as_deref(), Some("DEELSYNC_LOG_FORMAT"));
    }
}
