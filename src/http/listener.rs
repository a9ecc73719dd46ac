//! The two listeners.

/// One of the two listeners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Listener {
    /// Other services: `RESOLVER_LISTEN`.
    Internal,
    /// Operators: `RESOLVER_OPS_LISTEN`.
    Ops,
}

impl Listener {
    /// As the metrics' label and the document's tag.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Ops => "ops",
        }
    }
}
