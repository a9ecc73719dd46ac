//! How a new row of `user` is filled: our own columns, names and creation time where the table has columns for
//! them, and one column for each rule of the settings.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, mysql::MySqlArguments, query::Query};
use time::{OffsetDateTime, PrimitiveDateTime, format_description::well_known::Rfc3339};

use super::{
    NewUser, fit,
    layout::{Gap, Inspection},
};
use crate::{
    domain::user_columns::{Fill, Literal, Person, Variable},
    storage::{
        StorageError,
        columns::{Column, Key},
        stored,
    },
};

const FILE: &str = "RESOLVER_USER_COLUMNS_FILE";
/// Never filled by a rule.
const OURS: [&str; 4] = ["id", "email", "authId", "resolver_address"];
/// Filled where the table has them, unless a rule says otherwise.
const USUAL: [(&str, Variable); 3] =
    [("firstName", Variable::FirstName), ("lastName", Variable::LastName), ("createdAt", Variable::Now)];

/// One column of a new row, beside our own.
#[derive(Debug)]
struct Slot {
    column: Column,
    fill: Fill,
}

/// What is put into a column.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Text(Option<String>),
    Moment(PrimitiveDateTime),
    Integer(i64),
}

/// Everything a new row says.
#[derive(Debug)]
pub(super) struct Plan {
    slots: Vec<Slot>,
    /// Places of slots that another row may have the same values in already, all of them, and must not.
    differing: Vec<Vec<usize>>,
    gaps: Vec<Gap>,
    email_characters: usize,
    pub(super) email_must_differ: bool,
    statement: String,
}

impl Plan {
    pub(super) fn new(
        rules: &BTreeMap<String, Fill>,
        columns: &[Column],
        keys: &[Key],
        inspection: &mut Inspection,
    ) -> Self {
        let is_alone_unique = |name: &str| keys.iter().any(|key| key.is_unique && key.is_on(name));
        let mut slots: Vec<Slot> = Vec::new();
        for (name, fill) in rules {
            match fit::column_for(name, fill, columns) {
                Err(problem) => inspection.faults.push(format!("{FILE}: column {name} {problem}")),
                Ok(column) => slots.push(Slot { column: column.clone(), fill: fill.clone() }),
            }
        }
        for (name, variable) in USUAL {
            let fill = Fill::Variable(variable);
            let is_ruled = slots.iter().any(|slot| slot.column.is(name));
            if let (false, Ok(column)) = (is_ruled, fit::column_for(name, &fill, columns)) {
                slots.push(Slot { column: column.clone(), fill });
            }
        }
        let differing = differing(&slots, keys);
        inspection.warnings.extend(differing.iter().map(|places| warning(&slots, places)));
        let mut gaps = gaps(&slots, columns);
        for gap in &mut gaps {
            gap.is_unique = is_alone_unique(&gap.column);
        }
        inspection.gaps.clone_from(&gaps);
        let email_characters = columns.iter().find(|column| column.is("email")).map(Column::characters);
        let statement = statement(&slots);
        let (email_characters, email_must_differ) =
            (email_characters.unwrap_or_default(), is_alone_unique("email"));
        Self { slots, differing, gaps, email_characters, email_must_differ, statement }
    }

    /// What goes into the slots, in order; refused where the table asks for what nobody told, or cannot hold the
    /// address.
    pub(super) fn values(&self, user: &NewUser<'_>) -> Result<Vec<Value>, StorageError> {
        if !self.gaps.is_empty() {
            let names: Vec<&str> = self.gaps.iter().map(|gap| gap.column.as_str()).collect();
            return Err(StorageError::Unfillable(format!("nothing fills {}", names.join(", "))));
        }
        if user.address.as_typed().chars().count() > self.email_characters {
            return Err(StorageError::AddressUnfit);
        }
        let person = Person { id: user.id, address: user.address, names: user.names };
        Ok(self.slots.iter().map(|slot| slot.value(&person, user.created_at)).collect())
    }

    /// Questions that find a row with values that must differ: the statement, the columns, the values.
    pub(super) fn must_differ<'a>(
        &'a self,
        values: &'a [Value],
    ) -> impl Iterator<Item = (String, String, Vec<&'a Value>)> {
        self.differing.iter().map(|places| {
            let slots = places.iter().filter_map(|place| self.slots.get(*place));
            let conditions: Vec<String> = slots.map(|slot| format!("{} = ?", slot.column.quoted())).collect();
            let condition = conditions.join(" AND ");
            let statement = format!("SELECT 1 FROM `user` WHERE {condition} LIMIT 1");
            let values = places.iter().filter_map(|place| values.get(*place)).collect();
            (statement, names(&self.slots, places), values)
        })
    }

    /// Texts that their column may not be able to hold, each with its column's character set.
    pub(super) fn narrow<'a>(
        &self,
        values: &'a mut [Value],
    ) -> impl Iterator<Item = (String, &'a mut String)> {
        self.slots.iter().zip(values).filter_map(|(slot, value)| match value {
            Value::Text(Some(text)) if !text.is_ascii() => Some((slot.charset()?, text)),
            _ => None,
        })
    }

    /// The INSERT, everything bound.
    pub(super) fn insert(
        &self,
        user: &NewUser<'_>,
        values: Vec<Value>,
    ) -> Query<'static, sqlx::MySql, MySqlArguments> {
        // Safe: columns and character sets are `information_schema`'s, quoted or checked; values are bound.
        let mut query = sqlx::query(AssertSqlSafe(self.statement.clone()))
            .bind(user.id.hyphenated())
            .bind(user.address.as_typed().to_owned())
            .bind(user.identity.hyphenated());
        for value in values {
            query = value.bind_to(query);
        }
        query
    }
}

impl Value {
    pub(super) fn bind_to(
        self,
        query: Query<'_, sqlx::MySql, MySqlArguments>,
    ) -> Query<'_, sqlx::MySql, MySqlArguments> {
        match self {
            Self::Text(text) => query.bind(text),
            Self::Moment(moment) => query.bind(moment),
            Self::Integer(number) => query.bind(number),
        }
    }
}

impl Slot {
    fn is_never_repeated(&self) -> bool {
        match &self.fill {
            Fill::Literal(literal) => *literal == Literal::Null,
            Fill::Variable(variable) => variable.is_never_repeated(),
        }
    }

    fn value(&self, person: &Person<'_>, at: OffsetDateTime) -> Value {
        let text = match &self.fill {
            Fill::Variable(Variable::Now) if !self.column.is_text() => {
                return Value::Moment(stored(at));
            }
            Fill::Variable(Variable::Now) => {
                at.format(&Rfc3339).ok().map(|text| text.chars().take(self.column.characters()).collect())
            }
            Fill::Variable(variable) if self.column.is_text() => {
                variable.text(person, self.column.characters())
            }
            Fill::Variable(variable) => variable.text(person, usize::MAX),
            Fill::Literal(Literal::Null) => return Value::Text(None),
            Fill::Literal(Literal::Boolean(truth)) => return Value::Integer(i64::from(*truth)),
            // Only a number is put into a BIT as a number.
            Fill::Literal(Literal::Number(number)) => match number.parse() {
                Ok(number) => return Value::Integer(number),
                Err(_) => Some(number.clone()),
            },
            Fill::Literal(Literal::Text(text) | Literal::Json(text)) => Some(text.clone()),
        };
        Value::Text(text.or_else(|| (!self.column.is_nullable).then(String::new)))
    }

    /// The character set of a column that cannot hold every letter.
    fn charset(&self) -> Option<String> {
        let charset = self.column.charset.as_deref()?;
        let is_narrow = self.column.is_text() && charset != "utf8mb4";
        let letters = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
        is_narrow.then(|| charset.chars().filter(letters).collect())
    }
}

/// Unique keys that are filled by slots alone, none of which keeps two people apart by itself.
fn differing(slots: &[Slot], keys: &[Key]) -> Vec<Vec<usize>> {
    let place = |name: &str| slots.iter().position(|slot| slot.column.is(name));
    let places = |key: &Key| key.whole_columns()?.into_iter().map(place).collect::<Option<Vec<usize>>>();
    let is_repeatable = |places: &Vec<usize>| {
        !places.iter().filter_map(|place| slots.get(*place)).any(Slot::is_never_repeated)
    };
    keys.iter().filter(|key| key.is_unique).filter_map(places).filter(is_repeatable).collect()
}

fn warning(slots: &[Slot], places: &[usize]) -> String {
    let names = names(slots, places);
    let (what, whose) = match places {
        [_] => (format!("column {names} is unique"), "its rule"),
        _ => (format!("columns {names} are unique together"), "their rules"),
    };
    format!("{FILE}: {what}, but {whose} may give two people the same; $slug and $uuid never do")
}

fn names(slots: &[Slot], places: &[usize]) -> String {
    let slots = places.iter().filter_map(|place| slots.get(*place));
    slots.map(|slot| slot.column.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn statement(slots: &[Slot]) -> String {
    let ours = ["id", "email", "authId"].map(str::to_owned).into_iter();
    let columns: Vec<String> = ours.chain(slots.iter().map(|slot| slot.column.quoted())).collect();
    let places = vec!["?"; columns.len()];
    format!("INSERT INTO `user` ({}) VALUES ({})", columns.join(", "), places.join(", "))
}

/// Required columns that nothing fills.
fn gaps(slots: &[Slot], columns: &[Column]) -> Vec<Gap> {
    let is_filled = |column: &Column| {
        OURS.iter().any(|ours| column.is(ours)) || slots.iter().any(|slot| slot.column.is(&column.name))
    };
    let is_required = |column: &Column| {
        // An ENUM without a default gets its first value.
        let has_value = column.is_nullable || column.default.is_some() || column.data_type == "enum";
        !has_value && !column.is_generated() && !column.is_numbered()
    };
    let is_gap = |column: &&Column| {
        // We write the address, and cannot where the server computes it.
        column.is("email") && column.is_generated() || is_required(column) && !is_filled(column)
    };
    let gap = |column: &Column| Gap {
        column: column.name.clone(),
        kind: column.full_type.clone(),
        is_unique: false,
        holds_json: false,
        refers_to: None,
    };
    columns.iter().filter(is_gap).map(gap).collect()
}
