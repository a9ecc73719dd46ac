//! What to plant: an identity in a few words, its id and any oddity included. Nothing here is refused, neither a
//! broken address nor two identities with one address, because hostile data is what many tests are about.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{draft::Draft, schema};

/// A specification for [`FakeKratos::seed`](crate::FakeKratos::seed); the same fields as JSON make a seed file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    id: Option<Uuid>,
    email: Option<String>,
    verified: bool,
    schema_id: Option<String>,
    state: Option<String>,
    first: Option<String>,
    last: Option<String>,
    external_id: Option<String>,
    /// JSON pointer into the traits → value.
    traits: Map<String, Value>,
    overriding: Option<Value>,
}

impl Identity {
    /// With this address, verified; written into the traits exactly as given.
    #[must_use]
    pub fn verified(email: impl Into<String>) -> Self {
        Self { email: Some(email.into()), verified: true, ..Self::default() }
    }

    /// With this address, pending.
    #[must_use]
    pub fn unverified(email: impl Into<String>) -> Self {
        Self { email: Some(email.into()), ..Self::default() }
    }

    /// With neither an email trait nor an address.
    #[must_use]
    pub fn without_address() -> Self {
        Self::default()
    }

    /// The id, instead of a fresh one; seeding an id twice replaces the first.
    #[must_use]
    pub fn id(mut self, id: Uuid) -> Self {
        self.id = Some(id);
        self
    }

    /// Any state, also one that Kratos does not have; `active` unless said.
    #[must_use]
    pub fn state(mut self, state: impl Into<String>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// The schema, `default` unless said; under `username` the address goes into `emails`.
    #[must_use]
    pub fn schema(mut self, schema_id: impl Into<String>) -> Self {
        self.schema_id = Some(schema_id.into());
        self
    }

    /// The traits `/name/first` and `/name/last`.
    #[must_use]
    pub fn name(mut self, first: impl Into<String>, last: impl Into<String>) -> Self {
        self.first = Some(first.into());
        self.last = Some(last.into());
        self
    }

    /// The `external_id` of the identity.
    #[must_use]
    pub fn external_id(mut self, external_id: impl Into<String>) -> Self {
        self.external_id = Some(external_id.into());
        self
    }

    /// One trait by JSON pointer (`/email`, `/name/first`), of any JSON type; addresses follow the traits.
    #[must_use]
    pub fn trait_value(mut self, pointer: impl Into<String>, value: impl Into<Value>) -> Self {
        self.traits.insert(pointer.into(), value.into());
        self
    }

    /// JSON merged over the finished identity, member by member; null stays null, arrays are replaced.
    #[must_use]
    pub fn overriding(mut self, json: Value) -> Self {
        self.overriding = Some(json);
        self
    }

    /// The id to store it under, and the JSON.
    pub(crate) fn build(self, public_url: &str) -> (Uuid, Value) {
        let id = self.id.unwrap_or_else(Uuid::new_v4);
        let schema_id = self.schema_id.clone().unwrap_or_else(|| "default".to_owned());
        let traits = self.traits(&schema_id);
        let found = schema::examine(&schema_id, &traits);
        let verified = |value: &String| json!({"value": value, "verified": true, "status": "completed"});
        let draft = Draft {
            schema_id,
            state: self.state.unwrap_or_else(|| "active".to_owned()),
            traits,
            external_id: self.external_id,
            verifiable: found.verifiable.iter().filter(|_| self.verified).map(verified).collect(),
            ..Draft::default()
        };
        let mut json = draft.assemble(id, &found, None, public_url);
        if let Some(over) = self.overriding {
            merge(&mut json, over);
        }
        (id, json)
    }

    fn traits(&self, schema_id: &str) -> Value {
        let mut traits = json!({});
        let mut set = |pointer: &str, value: Value| plant(&mut traits, pointer, value);
        match (&self.email, schema_id) {
            (Some(email), "username") => {
                set("/username", email.split('@').next().unwrap_or_default().into());
                set("/emails", json!([email]));
            }
            (Some(email), _) => set("/email", email.as_str().into()),
            (None, _) => {}
        }
        for (pointer, part) in [("/name/first", &self.first), ("/name/last", &self.last)] {
            if let Some(part) = part {
                set(pointer, part.as_str().into());
            }
        }
        for (pointer, value) in &self.traits {
            set(pointer, value.clone());
        }
        traits
    }
}

/// Sets what the pointer names; whatever stands in the way becomes an object.
fn plant(target: &mut Value, pointer: &str, value: Value) {
    let mut place = target;
    for key in pointer.split('/').skip(1) {
        if !place.is_object() {
            *place = json!({});
        }
        let Value::Object(members) = place else { return };
        place = members.entry(key.replace("~1", "/").replace("~0", "~")).or_insert(Value::Null);
    }
    *place = value;
}

fn merge(target: &mut Value, over: Value) {
    match (target, over) {
        (Value::Object(members), Value::Object(over)) => {
            for (key, value) in over {
                merge(members.entry(key).or_insert(Value::Null), value);
            }
        }
        (target, over) => *target = over,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Identity;

    #[test]
    fn a_verified_identity_has_a_completed_address_in_lower_case() {
        let (_, json) = Identity::verified("Ada@Example.org").build("http://p");
        let address = &json["verifiable_addresses"][0];
        let seen = (&address["value"], &address["verified"], &address["status"], &json["traits"]["email"]);
        assert_eq!(
            seen,
            (&json!("ada@example.org"), &json!(true), &json!("completed"), &json!("Ada@Example.org"))
        );
    }

    #[test]
    fn an_identity_without_address_has_no_address_keys() {
        let (_, json) = Identity::without_address().build("http://p");
        assert!(json.get("verifiable_addresses").is_none() && json["traits"] == json!({}));
    }

    #[test]
    fn overriding_reaches_into_the_finished_json() {
        let over = json!({"state": null, "traits": {"email": 7}});
        let (_, json) = Identity::verified("a@x.example").name("A", "B").overriding(over).build("http://p");
        assert_eq!(
            (&json["state"], &json["traits"]),
            (&json!(null), &json!({"email": 7, "name": {"first": "A", "last": "B"}}))
        );
    }

    #[test]
    fn an_odd_trait_gives_no_address() {
        let (_, json) =
            Identity::verified("a@x.example").trait_value("/email", json!(["a"])).build("http://p");
        assert!(json.get("verifiable_addresses").is_none());
    }

    #[test]
    fn an_unknown_key_in_a_seed_is_refused() {
        assert!(serde_json::from_value::<Identity>(json!({"mail": "a@x.example"})).is_err());
    }
}
