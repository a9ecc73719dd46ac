//! The two switches of the linking policy; what they mean is `domain/policy.rs`'s to say.

pub use crate::domain::policy::Settings as Policy;

use super::{
    reader::Reader,
    setting::{Preset, Setting},
};

pub(super) const LINKING: Setting = Setting::text(
    "RESOLVER_LINKING",
    Preset::Text("verified"),
    "verified, review, off or trust",
    "Whether an existing user is linked by its address: once verified, after a review, never, or always.",
);
pub(super) const PROVISIONING: Setting = Setting::text(
    "RESOLVER_PROVISIONING",
    Preset::Text("verified"),
    "verified, any or off",
    "Whether a user is created for an identity that matches nobody: once verified, always, or never.",
);

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Policy> {
    let linking = reader.parsed(&LINKING);
    let provisioning = reader.parsed(&PROVISIONING);
    Some(Policy { linking: linking?, provisioning: provisioning? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{Source, setting::Form},
        domain::policy::{Linking, Provisioning},
    };

    fn load(pairs: &[(&str, &str)]) -> Result<Policy, String> {
        let source = Source::from_pairs(pairs.iter().copied());
        let mut reader = Reader::new(&source);
        let read = read(&mut reader);
        reader.finish(read).map_err(|faults| faults.to_string())
    }

    #[test]
    fn without_settings_only_verified_addresses_link_and_create() {
        let policy = load(&[]).unwrap();
        assert_eq!((policy.linking, policy.provisioning), (Linking::Verified, Provisioning::Verified));
    }

    #[test]
    fn every_name_of_the_policy_can_be_given_and_is_documented() {
        let names = |setting: Setting| match setting.form {
            Form::Text(form) => form,
            Form::Number { .. } => "",
        };
        for linking in Linking::ALL {
            let name = linking.to_string();
            assert_eq!(load(&[("RESOLVER_LINKING", &name)]).unwrap().linking, linking);
            assert!(names(LINKING).contains(&name), "{name}");
        }
        for provisioning in Provisioning::ALL {
            let name = provisioning.to_string();
            assert_eq!(load(&[("RESOLVER_PROVISIONING", &name)]).unwrap().provisioning, provisioning);
            assert!(names(PROVISIONING).contains(&name), "{name}");
        }
    }

    #[test]
    fn a_name_of_no_policy_is_a_fault() {
        let faults =
            load(&[("RESOLVER_LINKING", "Verified"), ("RESOLVER_PROVISIONING", "canary")]).unwrap_err();
        let wanted = "RESOLVER_LINKING: is not of the right form; give verified, review, off or trust\n\
                      RESOLVER_PROVISIONING: is not of the right form; give verified, any or off";
        assert_eq!(faults, wanted);
    }
}
