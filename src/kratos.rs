//! Ory Kratos' admin API, spoken to in domain types. Identities, one or many, go over our own requests and a
//! tolerant shape of ours: the generated client caps no body, and one unknown enum value fails its models.

pub use self::{
    client::Client,
    error::{ClientError, KratosError},
    group::{MOST_IDS, Said},
    survey::{Admin, IdentitySchema, Public, Silence, Survey},
};

mod breaker;
mod client;
mod convert;
mod error;
mod group;
mod health;
mod identities;
mod presence;
mod survey;
mod turn;
