//! Reads settings for the sections: takes the raw text, checks its form, collects faults. Every method answers
//! `None` after noting a fault, so a section reads all it has before it gives up. Ranges are checked with
//! `validator` on the bare number, against the bounds in the table: its errors, which quote the rejected value,
//! never come to be.

use std::{
    fs::File,
    io::{ErrorKind, Read as _},
    path::Path,
    str::FromStr,
    time::Duration,
};

use secrecy::SecretString;
use validator::ValidateRange as _;

use super::{
    fault::{Fault, Faults},
    setting::{Form, Setting, Unit},
    source::Source,
    strangers,
};

/// A settings file longer than this is not one.
const FILE_MAX_BYTES: u64 = 1024 * 1024;

pub(super) struct Reader<'a> {
    source: &'a Source,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a Source) -> Self {
        Self { source, faults: Vec::new() }
    }

    pub(super) fn fault(&mut self, name: impl Into<String>, problem: impl Into<String>) {
        self.faults.push(Fault { setting: name.into(), problem: problem.into() });
    }

    /// `read` must be there unless a fault was noted, by this reader, on the way to it.
    pub(super) fn finish<T>(mut self, read: Option<T>) -> Result<T, Faults> {
        self.faults.extend(strangers::faults(self.source));
        match read {
            Some(read) if self.faults.is_empty() => Ok(read),
            _ => Err(Faults::new(self.faults)),
        }
    }

    /// What was given for exactly this variable.
    fn given(&mut self, name: &str, setting: &Setting) -> Given {
        let Some(given) = self.source.get(name) else {
            return Given::Nothing;
        };
        let problem = match &given.text {
            Some(text) if !text.is_empty() => return Given::Text(text.clone()),
            Some(_) => "is set but empty; leave it out, or",
            None => "is not UTF-8 text;",
        };
        self.fault(name, format!("{problem} give {}", setting.allowed()));
        Given::Unusable
    }

    /// Whether the variable is there at all, usable or not.
    pub(super) fn is_given(&self, setting: &Setting) -> bool {
        self.source.get(setting.name).is_some()
    }

    /// The text that was given, else the preset.
    pub(super) fn text(&mut self, setting: &Setting) -> Option<String> {
        match self.given(setting.name, setting) {
            Given::Text(text) => Some(text),
            Given::Nothing => setting.preset_text(),
            Given::Unusable => None,
        }
    }

    pub(super) fn parsed<T: FromStr>(&mut self, setting: &Setting) -> Option<T> {
        let text = self.text(setting)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.malformed(setting);
        }
        parsed
    }

    pub(super) fn malformed(&mut self, setting: &Setting) {
        self.fault(setting.name, format!("is not of the right form; give {}", setting.allowed()));
    }

    /// A number within the setting's bounds; `T` holds every number that those bounds allow.
    pub(super) fn number<T: TryFrom<u64>>(&mut self, setting: &Setting) -> Option<T> {
        let text = self.text(setting)?;
        let Form::Number { least, most, .. } = setting.form else {
            return None;
        };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits {
            self.fault(setting.name, format!("is not a whole number; give {}", setting.allowed()));
            return None;
        }
        // More digits than fit is too large, like any other number that is.
        let number: u64 = text.parse().unwrap_or(u64::MAX);
        let fitting = number.validate_range(Some(least), Some(most), None, None);
        let fitting = T::try_from(number).ok().filter(|_| fitting);
        if fitting.is_none() {
            self.fault(setting.name, format!("is out of range; give {}", setting.allowed()));
        }
        fitting
    }

    pub(super) fn duration(&mut self, setting: &Setting) -> Option<Duration> {
        let number = self.number(setting)?;
        match setting.form {
            Form::Number { unit: Unit::Seconds, .. } => Some(Duration::from_secs(number)),
            _ => Some(Duration::from_millis(number)),
        }
    }

    /// A secret from its variable or from the file that `NAME_FILE` names. `Some(None)`: not given at all.
    #[expect(clippy::option_option, reason = "the outer one is the fault of all these methods")]
    pub(super) fn secret(&mut self, setting: &Setting) -> Option<Option<SecretString>> {
        let file_name = setting.file_name()?;
        let direct = self.given(setting.name, setting);
        let file = self.given(&file_name, setting);
        let (name, text) = match (direct, file) {
            (Given::Nothing, Given::Nothing) => return Some(None),
            (Given::Text(text), Given::Nothing) => (setting.name, text),
            (Given::Nothing, Given::Text(path)) => {
                (file_name.as_str(), self.secret_from_file(&file_name, Path::new(&path))?)
            }
            (Given::Unusable, Given::Nothing) | (Given::Nothing, Given::Unusable) => return None,
            _ => {
                self.fault(setting.name, format!("is given twice, also by {file_name}; keep one of the two"));
                return None;
            }
        };
        if text.chars().any(char::is_control) {
            self.fault(name, "has a line break or another control character inside; give one line of text");
            return None;
        }
        Some(Some(SecretString::from(text)))
    }

    fn secret_from_file(&mut self, name: &str, path: &Path) -> Option<String> {
        let mut text = self.file(name, path)?;
        if text.ends_with('\n') {
            text.pop();
            if text.ends_with('\r') {
                text.pop();
            }
        }
        if text.is_empty() {
            self.fault(
                name,
                "names a file that is empty; write the secret into it, or leave the setting out",
            );
            return None;
        }
        Some(text)
    }

    /// The text of a file that the setting `name` names.
    pub(super) fn file(&mut self, name: &str, path: &Path) -> Option<String> {
        let mut text = String::new();
        let read = File::open(path).and_then(|file| file.take(FILE_MAX_BYTES + 1).read_to_string(&mut text));
        let problem = match read.map_err(|error| error.kind()) {
            Ok(length) if length as u64 <= FILE_MAX_BYTES => return Some(text),
            Ok(_) => "names a file of more than 1 MiB; give the right file".to_owned(),
            Err(ErrorKind::InvalidData) => {
                "names a file that is not UTF-8 text; give the right file".to_owned()
            }
            Err(kind) => {
                format!("names a file that cannot be read ({kind}); give one that this process may read")
            }
        };
        self.fault(name, problem);
        None
    }
}

enum Given {
    Text(String),
    Nothing,
    /// A fault was noted.
    Unusable,
}
