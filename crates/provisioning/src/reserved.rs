//! Names of accounts that systems bring along. JumpCloud takes over a local account whose name equals a username (JumpCloud
//! help), so a person named Root must not be given `root`.

/// Sorted, in lower case.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "adm", "admin", "administrator", "alarm", "amavis", "ansible", "apache", "apt", "arpwatch", "audio",
    "audit", "avahi", "backup", "bin", "bind", "cassandra", "cdrom", "centos", "chrony", "clamav", "colord",
    "core", "couchdb", "cyrus", "daemon", "dbus", "debian", "default", "defaultaccount", "deploy",
    "dialout", "disk", "dnsmasq", "docker", "dovecot", "ec2-user", "elasticsearch", "everyone", "exim",
    "fedora", "fluentd", "ftp", "ftpuser", "fwupd", "games", "gdm", "geoclue", "git", "gitlab",
    "gitlab-runner", "gnats", "gopher", "grafana", "guest", "guestaccount", "halt", "haproxy", "httpd",
    "influxdb", "installer", "irc", "jenkins", "jumpcloud", "kafka", "kibana", "kmem", "kvm", "ldap",
    "libvirt", "lightdm", "list", "localadmin", "localservice", "localsystem", "lock", "login", "logstash",
    "lp", "lpadmin", "mail", "mailman", "mailnull", "man", "mem", "memcache", "memcached", "messagebus",
    "minecraft", "mongodb", "monit", "mosquitto", "munin", "mysql", "nagios", "named", "netdata", "network",
    "networkservice", "news", "nfsnobody", "nginx", "nobody", "nogroup", "none", "ntp", "ntpd", "null",
    "opc", "openvpn", "operator", "oracle", "owner", "pi", "plugdev", "polkitd", "postfix", "postgres",
    "postgresql", "prometheus", "proxy", "public", "pulse", "puppet", "rabbitmq", "redis", "render", "root",
    "rpc", "rpcuser", "rpm", "rtkit", "saned", "sasl", "saslauth", "security", "self", "sensu", "service",
    "sgx", "shadow", "shutdown", "smmsp", "snmp", "solr", "speech-dispatcher", "splunk", "squid", "src",
    "sshd", "sssd", "staff", "statd", "stunnel", "sudo", "support", "sync", "sys", "sysadmin", "syslog",
    "system", "systemd-coredump", "systemd-journal", "systemd-network", "systemd-oom", "systemd-resolve",
    "systemd-timesync", "tape", "tcpdump", "telnetd", "test", "tester", "tomcat", "toor", "tss", "tty",
    "ubuntu", "upsd", "usbmux", "user", "users", "utmp", "uucp", "uuidd", "vagrant", "varnish", "vboxadd",
    "video", "voice", "wdagutilityaccount", "webmaster", "wheel", "wireshark", "www", "www-data", "zabbix",
    "zookeeper",
];

/// Whether this username, in lower case, is a system's.
pub(crate) fn is_reserved(username: &str) -> bool {
    NAMES.binary_search(&username).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_knows_the_usual_ones() {
        assert!(NAMES.is_sorted_by(|a, b| a < b), "{:?}", NAMES.windows(2).find(|w| w[0] >= w[1]));
        for name in ["root", "admin", "administrator", "postgres", "www-data", "guest", "nobody"] {
            assert!(is_reserved(name), "{name}");
        }
        assert!(!is_reserved("alpha.zed"));
    }
}
