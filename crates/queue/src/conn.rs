//! Connections: one node, Sentinel, Cluster behind one type.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, Cmd, Pipeline, RedisError, RedisFuture, RedisResult, Value,
    aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig, MultiplexedConnection},
    cluster::ClusterClientBuilder,
    cluster_async::ClusterConnection,
    sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType},
};

use crate::{address::Target, config::Config};

#[derive(Clone)]
pub(crate) enum Conn {
    Single(ConnectionManager),
    /// Of a blocking reader, who connects anew by himself.
    Plain(MultiplexedConnection),
    Sentinel(SentinelConn),
    Cluster(ClusterConnection),
}

/// The connection that all clones of a queue share. It reconnects by itself.
pub(crate) async fn shared(config: &Config) -> RedisResult<Conn> {
    // The library takes the process's TLS provider, and panics at `rediss://` where two or none are compiled in. One
    // that was installed before stays.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    match &config.address.target {
        Target::Single(info) => {
            let client = Client::open((**info).clone())?;
            Ok(Conn::Single(client.get_connection_manager_with_config(manager(config)).await?))
        }
        Target::Sentinel { .. } => {
            let conn = SentinelConn::new(config)?;
            conn.current().await?;
            Ok(Conn::Sentinel(conn))
        }
        Target::Cluster(_) => cluster(config, config.response_timeout).await,
    }
}

/// As [`shared`], connected when it is first used, by the runtime that it is made on. `None` for a Cluster, whose
/// connections are many already.
pub(crate) fn own(config: &Config) -> RedisResult<Option<Conn>> {
    Ok(match &config.address.target {
        Target::Single(info) => {
            let client = Client::open((**info).clone())?;
            Some(Conn::Single(client.get_connection_manager_lazy(manager(config))?))
        }
        Target::Sentinel { .. } => Some(Conn::Sentinel(SentinelConn::new(config)?)),
        Target::Cluster(_) => None,
    })
}

fn manager(config: &Config) -> ConnectionManagerConfig {
    ConnectionManagerConfig::new()
        .set_response_timeout(Some(config.response_timeout))
        .set_connection_timeout(Some(config.connect_timeout))
        // A caller in need learns of a dead server soon; whoever can wait, waits with a backoff of its own.
        .set_number_of_retries(1)
        .set_min_delay(Duration::from_millis(50))
        .set_max_delay(Duration::from_millis(500))
}

/// A connection of its own, for reads that block for up to `block`: they would hold up everything that shares it.
pub(crate) async fn blocking(config: &Config, block: Duration) -> RedisResult<Conn> {
    let patience = block + config.response_timeout;
    let settings = settings(config, patience);
    match &config.address.target {
        Target::Single(info) => {
            let client = Client::open((**info).clone())?;
            Ok(Conn::Plain(client.get_multiplexed_async_connection_with_config(&settings).await?))
        }
        Target::Sentinel { .. } => {
            let mut client = sentinel_client(config)?;
            Ok(Conn::Plain(client.get_async_connection_with_config(&settings).await?))
        }
        Target::Cluster(_) => cluster(config, patience).await,
    }
}

fn settings(config: &Config, response: Duration) -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_response_timeout(Some(response))
        .set_connection_timeout(Some(config.connect_timeout))
}

async fn cluster(config: &Config, response: Duration) -> RedisResult<Conn> {
    let Target::Cluster(nodes) = &config.address.target else { return Err(not_this_target()) };
    let client = ClusterClientBuilder::new(nodes.iter().cloned())
        .connection_timeout(config.connect_timeout)
        .response_timeout(response)
        .retries(3)
        .build()?;
    Ok(Conn::Cluster(client.get_async_connection().await?))
}

fn sentinel_client(config: &Config) -> RedisResult<SentinelClient> {
    let Target::Sentinel { nodes, master, db, tls, login } = &config.address.target else {
        return Err(not_this_target());
    };
    let addresses = nodes.iter().map(|node| node.addr().clone());
    let mut builder = SentinelClientBuilder::new(addresses, master.clone(), SentinelServerType::Master)?
        .set_client_to_redis_db(*db);
    if let Some(settings) = nodes.first().map(redis::ConnectionInfo::redis_settings) {
        if let Some(user) = settings.username() {
            builder = builder.set_client_to_redis_username(user);
        }
        if let Some(password) = settings.password() {
            builder = builder.set_client_to_redis_password(password);
        }
    }
    if let Some(user) = login.username() {
        builder = builder.set_client_to_sentinel_username(user);
    }
    if let Some(password) = login.password() {
        builder = builder.set_client_to_sentinel_password(password);
    }
    if *tls {
        builder = builder.set_client_to_redis_tls_mode(redis::TlsMode::Secure);
    }
    builder.build()
}

fn not_this_target() -> RedisError {
    (redis::ErrorKind::InvalidClientConfig, "an address of another kind").into()
}

/// The connection to whoever is master; asked of the sentinels again after each failure that another master explains.
#[derive(Clone)]
pub(crate) struct SentinelConn {
    client: Arc<tokio::sync::Mutex<SentinelClient>>,
    current: Arc<Mutex<Option<(u64, MultiplexedConnection)>>>,
    settings: AsyncConnectionConfig,
    patience: Duration,
}

impl SentinelConn {
    fn new(config: &Config) -> RedisResult<Self> {
        Ok(Self {
            client: Arc::new(tokio::sync::Mutex::new(sentinel_client(config)?)),
            current: Arc::default(),
            settings: settings(config, config.response_timeout),
            patience: config.response_timeout,
        })
    }

    fn cached(&self) -> Option<(u64, MultiplexedConnection)> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn current(&self) -> RedisResult<(u64, MultiplexedConnection)> {
        if let Some(current) = self.cached() {
            return Ok(current);
        }
        let mut client = self.client.lock().await;
        if let Some(current) = self.cached() {
            return Ok(current);
        }
        let resolve = client.get_async_connection_with_config(&self.settings);
        let conn = tokio::time::timeout(self.patience, resolve).await.map_err(|_| {
            RedisError::from(std::io::Error::new(
                std::io::ErrorKind::TimedOut,
                "the sentinels did not answer",
            ))
        })??;
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = GENERATION.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        *current = Some((generation, conn.clone()));
        Ok((generation, conn))
    }

    fn settle<T>(&self, generation: u64, result: RedisResult<T>) -> RedisResult<T> {
        if let Err(error) = &result {
            use redis::{ErrorKind, ServerErrorKind as S};
            let other_master = error.is_unrecoverable_error()
                || error.is_io_error()
                || matches!(error.kind(), ErrorKind::Server(S::ReadOnly | S::MasterDown | S::BusyLoading));
            let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            if other_master && current.as_ref().is_some_and(|(g, _)| *g == generation) {
                *current = None;
            }
        }
        result
    }
}

static GENERATION: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

impl ConnectionLike for Conn {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Single(conn) => conn.req_packed_command(cmd),
            Self::Plain(conn) => conn.req_packed_command(cmd),
            Self::Cluster(conn) => conn.req_packed_command(cmd),
            Self::Sentinel(conn) => Box::pin(async move {
                let (generation, mut master) = conn.current().await?;
                let result = master.req_packed_command(cmd).await;
                // A script that a replica refuses fails inside: seen by its error when it is parsed.
                let result = result.and_then(Value::extract_error);
                conn.settle(generation, result)
            }),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(conn) => conn.req_packed_commands(pipeline, offset, count),
            Self::Plain(conn) => conn.req_packed_commands(pipeline, offset, count),
            Self::Cluster(conn) => conn.req_packed_commands(pipeline, offset, count),
            Self::Sentinel(conn) => Box::pin(async move {
                let (generation, mut master) = conn.current().await?;
                let result = master.req_packed_commands(pipeline, offset, count).await;
                conn.settle(generation, result)
            }),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(conn) => conn.get_db(),
            Self::Plain(conn) => conn.get_db(),
            Self::Cluster(conn) => conn.get_db(),
            Self::Sentinel(conn) => conn.cached().map_or(0, |(_, master)| master.get_db()),
        }
    }
}
