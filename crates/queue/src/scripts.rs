//! The scripts. Each runs whole or not at all, by Redis's clock, and touches only keys under the prefix.

use std::sync::LazyLock;

use redis::Script;

const HEAD: &str = include_str!("lua/head.lua");
const COMMON: &str = include_str!("lua/common.lua");

/// It ends before `common.lua` where it can.
pub(crate) static ACCEPT: LazyLock<Script> = LazyLock::new(|| {
    let parts = [HEAD, include_str!("lua/accept_plain.lua"), COMMON, include_str!("lua/accept.lua")];
    Script::new(&parts.join("\n"))
});

macro_rules! scripts {
    ($($name:ident = $($file:literal),+;)*) => {
        $(pub(crate) static $name: LazyLock<Script> = LazyLock::new(|| {
            Script::new(&[HEAD, COMMON, $(include_str!(concat!("lua/", $file))),+].join("\n"))
        });)*
    };
}

scripts! {
    ADD = "add.lua";
    ADD_MANY = "add_many.lua";
    AUDIT_APPEND = "audit_append.lua";
    AUDIT_OF = "audit_of.lua";
    BREAKER_ASK = "breaker_common.lua", "breaker_ask.lua";
    BREAKER_NOTE = "breaker_common.lua", "breaker_note.lua";
    BREAKER_READ = "breaker_common.lua", "breaker_read.lua";
    BREAKER_SETTLE = "breaker_common.lua", "breaker_settle.lua";
    BUDGET_ACQUIRE = "budget_common.lua", "budget_acquire.lua";
    BUDGET_CANCEL = "budget_common.lua", "budget_cancel.lua";
    BUDGET_LIMITED = "budget_common.lua", "budget_limited.lua";
    BUDGET_STATE = "budget_common.lua", "budget_state.lua";
    CHECK = "check.lua";
    CLAIM = "breaker_common.lua", "claim.lua", "claim_gate.lua", "claim_lines.lua";
    CLAIM_ONE = "claim_one.lua";
    DISCARD = "discard.lua";
    EPOCH = "epoch.lua";
    FINISH = "finish.lua";
    HEARTBEAT = "heartbeat.lua";
    HOLDS = "holds.lua";
    HOLD_OPEN_MANY = "hold_common.lua", "hold_open_many.lua";
    HOLD_REMOVE = "hold_common.lua", "hold_remove.lua";
    HOLD_REPLACE = "hold_common.lua", "hold_replace.lua";
    HOLD_TRIM = "hold_common.lua", "hold_trim.lua";
    INGRESS = "ingress.lua";
    LINKS = "links.lua";
    LIST = "list.lua";
    PAUSE = "pause.lua";
    RECONCILE = "reconcile.lua";
    RENEW = "renew.lua";
    RESUME = "resume.lua";
    RETRY = "retry.lua";
    SHOW = "show.lua";
    STATUS = "status.lua";
    SUBSCRIPTION = "subscription.lua";
    TICK = "tick.lua";
    TRIM = "trim.lua";
    WIDE_JOIN = "hold_common.lua", "wide_join.lua";
    WIDE_OF = "wide_of.lua";
    WINDOW_RELEASE = "window_release.lua";
    WINDOW_RESERVE = "window_reserve.lua";
    WINDOW_USED = "window_used.lua";
    WORKERS = "workers.lua";
    WRITTEN = "written.lua";
}
