//! Moving what is due, in the keys that docs/redis.md describes: no test waits for minutes, nights or weeks.

use redis::aio::MultiplexedConnection;

use crate::World;

impl World {
    /// When what happens on a schedule was last served, by name, in milliseconds.
    pub async fn ticks(&self) -> Vec<(String, u64)> {
        let mut redis = self.redis.connection().await;
        redis::cmd("HGETALL").arg(self.key("ticks")).query_async(&mut redis).await.unwrap_or_default()
    }

    /// The same of one schedule.
    pub async fn tick(&self, name: &str) -> Option<u64> {
        self.ticks().await.into_iter().find_map(|(known, served)| (known == name).then_some(served))
    }

    /// As if the schedule had last been served then.
    ///
    /// # Panics
    /// If Redis does not take it.
    pub async fn set_tick(&self, name: &str, served: u64) {
        let mut redis = self.redis.connection().await;
        let mut set = redis::cmd("HSET");
        set.arg(self.key("ticks")).arg(name).arg(served);
        set.query_async::<()>(&mut redis).await.expect("it is set");
    }

    /// As if the latest night that was served had been the one of two days ago.
    ///
    /// # Panics
    /// If none was served yet.
    pub async fn two_days_down(&self) {
        let served = self.tick("nightly").await.expect("a tick");
        self.set_tick("nightly", served - 2 * 24 * 3600 * 1000).await;
    }

    /// Runs on record, by what asked for them.
    pub async fn runs_of(&self, trigger: &str) -> usize {
        let runs = self.json(&["runs"], 0).await;
        let rows = runs.as_array().or_else(|| runs["runs"].as_array()).cloned().unwrap_or_default();
        rows.iter().filter(|run| run["trigger"].as_str().is_some_and(|by| by.starts_with(trigger))).count()
    }

    /// Makes a person's arranged job due in so many milliseconds.
    ///
    /// # Panics
    /// If Redis does not take it.
    pub async fn due_in(&self, person: &str, ms: u64) {
        let key = format!("person:{person}");
        let mut redis = self.redis.connection().await;
        let due = now_ms(&mut redis).await + ms;
        let mut all = redis::pipe();
        all.atomic();
        all.cmd("HSET").arg(self.key(&format!("job:{key}"))).arg("sched").arg(due);
        all.cmd("ZADD").arg(self.key("delayed")).arg("XX").arg(due).arg(&key);
        // A sleeping worker is told, as by whoever delays a job.
        all.cmd("LPUSH").arg(self.key("wake:urgent")).arg("1");
        all.query_async::<()>(&mut redis).await.expect("Redis takes it");
    }

    /// As if the deliveries so far had been a week ago or more: none of them is known any longer.
    ///
    /// # Panics
    /// If Redis knows of none, or does not answer.
    pub async fn a_week_later(&self) {
        let mut redis = self.redis.connection().await;
        let seen: Vec<String> =
            redis::cmd("KEYS").arg(self.key("seen:*")).query_async(&mut redis).await.expect("keys");
        assert!(!seen.is_empty(), "deliveries are remembered");
        redis::cmd("DEL").arg(&seen).query_async::<()>(&mut redis).await.expect("they are deleted");
    }

    fn key(&self, name: &str) -> String {
        format!("{{{}}}:{name}", self.redis.prefix())
    }
}

async fn now_ms(redis: &mut MultiplexedConnection) -> u64 {
    let (seconds, micros): (u64, u64) = redis::cmd("TIME").query_async(redis).await.expect("the time");
    seconds * 1000 + micros / 1000
}
