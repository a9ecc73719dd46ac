//! One server asked for its plan of one statement, and the plan held against a row of the table.

use super::crowd::Value;
use super::expected::{How, Row};
use crate::support::database::TestDb;
use identity_resolver::config::{Database, Source};
use identity_resolver::storage::Pool;
use identity_resolver::telemetry::Metrics;
use sqlx::mysql::MySqlRow;
use sqlx::{AssertSqlSafe, Row as _};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Lists of ids are asked for in these lengths.
const LENGTHS: [usize; 3] = [1, 16, 512];

/// The service's own connections: the session is set as `storage/connect.rs` sets it.
pub(super) struct Server {
    pool: Pool,
}

/// One line of a plan.
#[derive(Debug)]
struct Line {
    table: String,
    access: String,
    key: Option<String>,
    rows: Option<u64>,
    extra: String,
}

/// A statement with its values, and how many rows each of its lines may read.
struct Asked {
    text: String,
    values: Vec<Value>,
    keys: &'static [&'static str],
    most: u64,
}

impl Server {
    pub(super) fn of(db: &TestDb) -> Server {
        let pairs = [("DATABASE_URL".to_owned(), db.url())];
        let config = Database::load(&Source::from_pairs(pairs)).expect("settings");
        let metrics = Arc::new(Metrics::try_new().expect("metrics"));
        Server { pool: Pool::try_new(&config, metrics).expect("a pool") }
    }

    /// What of this statement's plans is not as the row says.
    pub(super) async fn surprises(&self, row: &Row, pieces: &BTreeMap<String, String>) -> Vec<String> {
        let mut found = Vec::new();
        for asked in asked(row, pieces) {
            let plan = self.plan(&asked).await;
            let problems: Vec<String> = match row.how {
                How::Whole(_) => Vec::new(),
                _ => {
                    plan.iter().filter_map(|line| line.problem(&asked)).chain(unused(&plan, &asked)).collect()
                }
            };
            found.extend(problems);
        }
        found
    }

    async fn plan(&self, asked: &Asked) -> Vec<Line> {
        let mut connection = self.pool.acquire().await.expect("a connection");
        let query = sqlx::query(AssertSqlSafe(format!("EXPLAIN FORMAT=TRADITIONAL {}", asked.text)));
        // Prepared anew each time: an EXPLAIN that is executed again says "Impossible WHERE" on MariaDB (10.11.19)
        // where a column that is NOT NULL is asked to be NULL behind a LEFT JOIN. The SELECT itself is not affected.
        let mut query = query.persistent(false);
        for value in &asked.values {
            query = value.bind_to(query);
        }
        let rows = query.fetch_all(&mut connection).await;
        let rows = rows.unwrap_or_else(|error| panic!("{}: {error}", asked.text));
        rows.iter().map(Line::new).collect()
    }
}

/// The statement of a row as it is sent, once or, of a list, in several lengths; none for what has no plan.
fn asked(row: &Row, pieces: &BTreeMap<String, String>) -> Vec<Asked> {
    if matches!(row.how, How::PartOf(_) | How::Apart(_)) {
        return Vec::new();
    }
    let piece = |at: &str| pieces.get(at).unwrap_or_else(|| panic!("{at} is not in the source")).clone();
    let quoted = |text: &str| text.strip_prefix('@').map_or_else(|| text.to_owned(), piece);
    let mut text = piece(row.at);
    for (mark, value) in row.filled {
        assert!(text.contains(mark), "{}: {mark} is not in {text}", row.at);
        text = text.replacen(mark, &quoted(value), 1);
    }
    let one = |keys, most| Asked { text: text.clone(), values: row.values.to_vec(), keys, most };
    match row.how {
        How::Keys(most, keys) => vec![one(keys, most)],
        How::Page(keys) => {
            assert!(text.contains(" LIMIT "), "{}: a page has a limit", row.at);
            vec![one(keys, u64::MAX)]
        }
        How::Whole(_) => vec![one(&[], u64::MAX)],
        How::List(tail, keys) => {
            let list = |length: usize| Asked {
                text: format!("{text}{}{}", vec!["?"; length].join(","), quoted(tail)),
                // Half of them known, as in a batch on the morning after.
                values: (0..length)
                    .map(|number| Value::Identity(u32::try_from(number * 3).expect("small")))
                    .collect(),
                keys,
                most: 10 + 2 * u64::try_from(length).expect("64 bits"),
            };
            LENGTHS.into_iter().map(list).collect()
        }
        How::PartOf(_) | How::Apart(_) => Vec::new(),
    }
}

/// Keys that the row names and no line uses: the server found a plan that nobody has looked at.
fn unused(plan: &[Line], asked: &Asked) -> Vec<String> {
    let unused = asked.keys.iter().filter(|key| !plan.iter().any(|line| line.goes_by(key)));
    unused.map(|key| format!("{key} is not used: {plan:?}")).collect()
}

impl Line {
    fn new(row: &MySqlRow) -> Line {
        let text = |name: &str| row.try_get::<Option<String>, _>(name).expect("a text");
        // A number on one server, a text on the other.
        let rows = row.try_get::<Option<u64>, _>("rows").ok().or_else(|| {
            let rows = row.try_get::<Option<String>, _>("rows").ok()?;
            Some(rows.map(|rows| rows.parse().expect("a number")))
        });
        Line {
            table: text("table").unwrap_or_default(),
            access: text("type").unwrap_or_default(),
            key: text("key"),
            rows: rows.expect("a number or a text"),
            extra: text("Extra").unwrap_or_default(),
        }
    }

    /// Whether it goes by this key, written as in the table: `table.KEY|OTHER`.
    fn goes_by(&self, wanted: &str) -> bool {
        let (table, keys) = wanted.split_once('.').expect("table.KEY");
        self.table == table && keys.split('|').any(|key| self.key.as_deref() == Some(key))
    }

    /// Whether it reads a table: not so the target of an INSERT, a result put together, a question without a table.
    fn reads(&self) -> bool {
        !self.table.is_empty() && !self.table.starts_with('<') && self.rows.is_some()
    }

    fn problem(&self, asked: &Asked) -> Option<String> {
        if !self.reads() {
            return None;
        }
        let is_scan = matches!(self.access.as_str(), "ALL" | "index") || self.key.is_none();
        let is_named = asked.keys.iter().any(|key| self.goes_by(key));
        // MySQL also notes the few rows of an UPDATE that changes the key it goes by in a temporary table.
        let is_copied = self.extra.contains("temporary") && asked.most == u64::MAX;
        let is_sorted = self.extra.contains("filesort") || is_copied;
        let is_long = self.rows > Some(asked.most);
        let is_unsure = self.extra.contains("Range checked");
        (is_scan || !is_named || is_sorted || is_long || is_unsure).then(|| format!("{self:?}"))
    }
}
