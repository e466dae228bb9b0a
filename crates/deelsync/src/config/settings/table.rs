//! The settings themselves.

use super::{Setting, Shape};

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
    shaped(
        Shape::Integer,
        "deel.timeout_seconds",
        None,
        "30",
        "For a whole request; what took longer is asked again. 1 to 120.",
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
    shaped(
        Shape::Integer,
        "jumpcloud.timeout_seconds",
        None,
        "30",
        "For a whole request; after a write that took longer the account is read again. 1 to 120.",
    ),
    text(
        "redis.url",
        Some("REDIS_URL"),
        None,
        "redis://redis.internal:6379/0",
        "redis://, rediss://, unix://, redis-sentinel://host,host/master/db or redis-cluster://host,host; with TLS\n\
         rediss-sentinel://, rediss-cluster://. Sentinels with a password of their own: ?sentinel_password=...\n\
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
    text(
        "webhook.url",
        None,
        None,
        "https://deelsync.example.com/webhooks/deel",
        "The public address that Deel delivers to; `deelsync webhook register` tells it to Deel.",
    ),
    text(
        "webhook.check_every",
        None,
        Some("5m"),
        "",
        "How often the subscription is looked at, once over all processes: 1s to 1d, or \"off\".",
    ),
    shaped(
        Shape::Bool,
        "webhook.reenable",
        None,
        "true",
        "Deel disables a subscription after ten failed deliveries. true: it is enabled again, in observe mode too.\n\
         Either way everyone is compared when Deel delivers again.",
    ),
    shaped(
        Shape::NumberOrOff,
        "webhook.silence_hours",
        None,
        "72",
        "No webhook for so many hours, where there was one before, is reported; \"off\": it is not.",
    ),
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
    shaped(
        Shape::Integer,
        "queue.probe_seconds",
        None,
        "30",
        "While a vendor is away all work waits in line, and one job tries it: after 1 s, then after twice as long,\n\
         at most so many seconds apart. 1 to 600.",
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
