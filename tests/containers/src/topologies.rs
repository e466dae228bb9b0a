//! More than one node.

use harness::eventually;

use crate::{Engine, Node, SOON};

/// A master, its replica, and three sentinels of which two have to agree.
pub struct Replicated {
    /// Takes writes at first.
    pub master: Node,
    /// Takes them after a failover.
    pub replica: Node,
    sentinels: Vec<Node>,
}

impl Replicated {
    /// All of them, knowing each other, and in step.
    pub async fn start(engine: Engine) -> Self {
        let master = Node::start(engine, &["--repl-diskless-sync-delay", "0"]).await;
        let port = master.port.to_string();
        let replica =
            Node::start(engine, &["--replicaof", "127.0.0.1", &port, "--repl-diskless-sync-delay", "0"])
                .await;
        replica.answers("INFO replication", "master_link_status:up").await;
        let configuration = format!(
            "sentinel monitor main 127.0.0.1 {port} 2\nsentinel down-after-milliseconds main 1000\n\
             sentinel failover-timeout main 5000\n"
        );
        let mut sentinels = Vec::new();
        for _ in 0..3 {
            sentinels.push(Node::sentinel(engine, &configuration).await);
        }
        for sentinel in &sentinels {
            sentinel.answers("SENTINEL REPLICAS main", &replica.port.to_string()).await;
            sentinel.answers("SENTINEL CKQUORUM main", "OK 3 usable").await;
        }
        Self { master, replica, sentinels }
    }

    /// The address for `REDIS_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        let hosts: Vec<_> = self.sentinels.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect();
        format!("redis-sentinel://{}/main", hosts.join(","))
    }

    /// Takes the replica off its master, which goes on answering those who are connected: from now on what is accepted is
    /// on one machine only.
    ///
    /// # Panics
    /// If the master does not answer.
    pub async fn part(&self) {
        // A wrong `REPLICAOF` the sentinels would put right; a password that nobody has they cannot.
        let mut connection = self.master.connection().await.expect("the master answers");
        for line in ["CONFIG SET requirepass nobody-has-it", "CLIENT KILL TYPE replica"] {
            let mut command = redis::Cmd::new();
            line.split(' ').for_each(|word| {
                command.arg(word);
            });
            command.query_async::<redis::Value>(&mut connection).await.expect("the master obeys");
        }
        eventually("the replica is off", SOON, async || {
            let info: String =
                redis::cmd("INFO").arg("replication").query_async(&mut connection).await.expect("it answers");
            info.contains("connected_slaves:0").then_some(())
        })
        .await;
    }
}

/// Three masters, each with a third of the slots.
pub struct Cluster {
    /// In the order of their slots.
    pub nodes: Vec<Node>,
}

impl Cluster {
    /// All of them, knowing each other.
    ///
    /// # Panics
    /// If a node does not answer.
    pub async fn start(engine: Engine) -> Self {
        let mut nodes = Vec::new();
        for slots in ["0 5460", "5461 10922", "10923 16383"] {
            let bus = harness::free_port().to_string();
            let node = Node::start(engine, &["--cluster-enabled", "yes", "--cluster-port", &bus]).await;
            node.tell(&format!("CLUSTER ADDSLOTSRANGE {slots}")).await.expect("its slots are its own");
            if let Some(first) = nodes.first() {
                let first: &Node = first;
                let meet = format!("CLUSTER MEET 127.0.0.1 {} {bus}", node.port);
                first.tell(&meet).await.expect("the first meets the others");
            }
            nodes.push(node);
        }
        for node in &nodes {
            node.answers("CLUSTER INFO", "cluster_state:ok").await;
            node.answers("CLUSTER INFO", "cluster_known_nodes:3").await;
        }
        Self { nodes }
    }

    /// The address for `REDIS_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        let hosts: Vec<_> = self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect();
        format!("redis-cluster://{}", hosts.join(","))
    }

    /// The node that has all keys of the product.
    ///
    /// # Panics
    /// If none has.
    pub async fn holder(&self) -> &Node {
        for node in &self.nodes {
            if node.tell("EXISTS {deelsync}:epoch").await.is_ok_and(|answer| answer.contains("int(1)")) {
                return node;
            }
        }
        panic!("no node has the product's keys")
    }
}
