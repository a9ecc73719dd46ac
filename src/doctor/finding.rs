//! One thing that was found.

/// How bad it is; the worst is the greatest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    #[default]
    Ok,
    /// The service works, but not for everybody, or not for ever.
    Warning,
    /// The service does not do its work.
    Error,
}

impl Severity {
    /// As it is printed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What was found, why it matters, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Which check found it.
    pub check: &'static str,
    /// What was found.
    pub found: String,
    /// What follows from it; empty where all is well.
    pub matters: String,
    /// What to do; empty where all is well.
    pub fix: String,
    /// What to run or to put into a file, as it stands.
    pub paste: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, found: impl Into<String>) -> Self {
        let found = found.into();
        Self { severity: Severity::Ok, check, found, matters: String::new(), fix: String::new(), paste: None }
    }

    pub(super) fn warning(check: &'static str, found: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::ok(check, found) }
    }

    pub(super) fn error(check: &'static str, found: impl Into<String>) -> Self {
        Self { severity: Severity::Error, ..Self::ok(check, found) }
    }

    pub(super) fn because(mut self, matters: impl Into<String>) -> Self {
        self.matters = matters.into();
        self
    }

    pub(super) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }

    pub(super) fn paste(mut self, text: impl Into<String>) -> Self {
        self.paste = Some(text.into());
        self
    }
}
