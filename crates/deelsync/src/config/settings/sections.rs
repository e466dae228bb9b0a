//! The sections of the file, and the tables whose keys are the operator's own.

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
    ("webhook", "The webhook subscription in Deel, and how it is looked after."),
    (
        "notify",
        "Who is told of what cannot wait: a leaver whose account stays in use, a refused comparison of everyone, an urgent\n\
         job that is dead, webhooks that do not come. Ids only. By a Slack-compatible webhook (NOTIFY_WEBHOOK_URL), by mail, or both.",
    ),
    ("notify.mail", ""),
    (
        "audit",
        "The audit trail: who or what did what, before and after. Holds field values, hence the retention.",
    ),
    ("queue", "The work."),
    ("log", "Logs go to stderr and carry ids, never names, addresses or bodies."),
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
