//! jumpcloud
