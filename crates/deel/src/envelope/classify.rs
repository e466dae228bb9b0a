pub(super) enum Family { Other }
