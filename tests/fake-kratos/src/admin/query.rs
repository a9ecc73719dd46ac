//! The query of a read: which filter, which page, which credentials with their secrets.

use url::form_urlencoded;
use uuid::Uuid;

use crate::herodot::Fault;

const CONFIGS: [&str; 11] = [
    "password",
    "oidc",
    "saml",
    "totp",
    "lookup_secret",
    "webauthn",
    "code",
    "link_recovery",
    "code_recovery",
    "deviceauthn",
    "passkey",
];
const DEFAULT_SIZE: usize = 250;
const MOST: usize = 500;

/// Decoded pairs, in the order given.
pub(crate) struct Query(Vec<(String, String)>);

/// What a list is narrowed to.
pub(crate) enum Filter {
    None,
    Ids(Vec<Uuid>),
    Identifier(String),
    IdentifierPrefix(String),
    /// An organisation; the double has none.
    Organization,
}

/// Which way of paging.
pub(crate) enum Page {
    After { token: Uuid, size: usize },
    Number { page: usize, size: usize },
}

impl Query {
    pub(crate) fn parse(query: &str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    fn all(&self, key: &str) -> Vec<&str> {
        self.0.iter().filter(|(known, _)| known == key).map(|(_, value)| value.as_str()).collect()
    }

    fn first(&self, key: &str) -> Option<&str> {
        self.all(key).first().copied()
    }

    /// The types asked for by `include_credential`.
    pub(crate) fn configs(&self) -> Result<Vec<String>, Fault> {
        let asked = self.all("include_credential");
        match asked.iter().find(|kind| !CONFIGS.contains(kind)) {
            Some(bad) => {
                Err(Fault::invalid(format!("Invalid value `{bad}` for parameter `include_credential`.")))
            }
            None => Ok(asked.into_iter().map(str::to_owned).collect()),
        }
    }

    pub(crate) fn filter(&self) -> Result<Filter, Fault> {
        let ids = self.all("ids");
        if ids.len() > MOST {
            return Err(Fault::invalid(format!("The number of ids to filter must not exceed {MOST}.")));
        }
        let ids = ids.into_iter().map(parsed_filter_id).collect::<Result<Vec<Uuid>, Fault>>()?;
        let given = |key: &str| self.first(key).filter(|value| !value.is_empty()).map(str::to_owned);
        let identifier = given("credentials_identifier").map(Filter::Identifier);
        let prefix = given("preview_credentials_identifier_similar").map(Filter::IdentifierPrefix);
        let organization = given("organization_id").map(|_| Filter::Organization);
        let ids = (!ids.is_empty()).then_some(Filter::Ids(ids));
        let mut filters = [ids, identifier, prefix, organization].into_iter().flatten();
        match (filters.next(), filters.next()) {
            (_, Some(_)) => Err(Fault::invalid("You cannot combine multiple filters in this API")),
            (Some(filter), None) => Ok(filter),
            (None, None) => Ok(Filter::None),
        }
    }

    pub(crate) fn page(&self) -> Result<Page, Fault> {
        if let Some(page) = self.first("page") {
            let page = usize::try_from(integer(page)?).unwrap_or(0);
            let size = size(self.first("per_page"))?;
            if page * size > 1_000 {
                return Err(Fault::invalid("The page is too far behind; use page_token and page_size"));
            }
            return Ok(Page::Number { page, size });
        }
        let token = self.first("page_token").filter(|token| !token.is_empty());
        let token = token
            .map_or(Ok(Uuid::nil()), Uuid::try_parse)
            .map_err(|_| Fault::invalid("The page token is invalid, do not craft your own page tokens"))?;
        let old_name = if self.first("page_token").is_none() { self.first("per_page") } else { None };
        Ok(Page::After { token, size: size(self.first("page_size").or(old_name))? })
    }

    /// The same query with these parameters set, sorted by name, for a `Link`.
    pub(crate) fn with(&self, set: &[(&str, String)]) -> String {
        let kept = self.0.iter().filter(|(key, _)| set.iter().all(|(name, _)| name != key));
        let mut pairs: Vec<(&str, &str)> = kept.map(|(key, value)| (key.as_str(), value.as_str())).collect();
        pairs.extend(set.iter().map(|(key, value)| (*key, value.as_str())));
        pairs.sort_by_key(|(key, _)| *key);
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }
}

fn parsed_filter_id(id: &str) -> Result<Uuid, Fault> {
    let invalid = |_| Fault::invalid(format!("Invalid UUID value `{id}` for parameter `ids`."));
    Uuid::try_parse(id).map_err(invalid)
}

fn integer(text: &str) -> Result<i64, Fault> {
    let invalid = |_| Fault::invalid(format!("strconv.Atoi: parsing {text:?}: invalid syntax"));
    text.parse().map_err(invalid)
}

fn size(asked: Option<&str>) -> Result<usize, Fault> {
    match asked.filter(|text| !text.is_empty()).map(integer).transpose()? {
        Some(size) if size > 0 => Ok(usize::try_from(size).unwrap_or(MOST).min(MOST)),
        _ => Ok(DEFAULT_SIZE),
    }
}
