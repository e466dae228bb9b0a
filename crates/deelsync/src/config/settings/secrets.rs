//! The secrets.

use super::Secret;

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
