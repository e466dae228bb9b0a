//! Every setting, once: its key in the file, its variable, its default and its words. Reading, checking, showing and
//! the example all come from this table, so none of them can drift from the others.

mod secrets;
mod sections;
mod table;

pub(crate) use secrets::SECRETS;
pub(crate) use sections::{FREE_TABLES, LIST_TABLES, SECTIONS};
pub(crate) use table::SETTINGS;

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
