//! The objects of one kind that a provider has, by type name, each with its schema.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::action::Action;
use super::apply::shield_pure;
use super::datasource::DataSource;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::list::ListResource;
use super::resource::Resource;
use super::schema::Schema;
use super::validate;
use super::value::Object;

/// What the kinds of objects have in common.
pub(super) trait Kind: Send + Sync {
    /// What users call it.
    const WHAT: &'static str;

    fn type_name(&self) -> &'static str;
    fn schema(&self) -> Schema;
    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics);
}

macro_rules! kind {
    ($object:ident, $what:literal) => {
        impl<C: Send + Sync + 'static> Kind for dyn $object<C> {
            const WHAT: &'static str = $what;

            fn type_name(&self) -> &'static str {
                $object::type_name(self)
            }

            fn schema(&self) -> Schema {
                $object::schema(self)
            }

            fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
                $object::validate(self, config, diagnostics);
            }
        }
    };
}

kind!(Resource, "resource");
kind!(DataSource, "data source");
kind!(Action, "action");
kind!(ListResource, "list");

/// All objects of one kind.
pub(super) struct Catalogue<T: ?Sized> {
    provider: &'static str,
    entries: BTreeMap<&'static str, Entry<T>>,
}

/// An object with its schema, which is made when first asked for: a process serves few of them.
pub(super) struct Entry<T: ?Sized> {
    pub(super) object: Box<T>,
    schema: OnceLock<Schema>,
}

impl<T: Kind + ?Sized> Entry<T> {
    pub(super) fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| self.object.schema())
    }
}

impl<T: Kind + ?Sized> Catalogue<T> {
    pub(super) fn new(provider: &'static str, objects: Vec<Box<T>>) -> Catalogue<T> {
        let entry = |object: Box<T>| {
            let schema = OnceLock::new();
            (object.type_name(), Entry { object, schema })
        };
        Catalogue {
            provider,
            entries: objects.into_iter().map(entry).collect(),
        }
    }

    pub(super) fn get(&self, type_name: &str) -> Result<&Entry<T>, Diagnostics> {
        self.entries.get(type_name).ok_or_else(|| {
            let (provider, what) = (self.provider, T::WHAT);
            Diagnostic::error(
                format!("Unknown {what} {type_name}"),
                format!(
                    "The provider `{provider}` has no {what} of this type. Check the name, or use another provider version."
                ),
            )
            .into()
        })
    }

    pub(super) fn schema(&self, type_name: &str) -> Result<&Schema, Diagnostics> {
        Ok(self.get(type_name)?.schema())
    }

    pub(super) fn schemas(&self) -> Vec<(&'static str, &Schema)> {
        self.entries
            .iter()
            .map(|(name, entry)| (*name, entry.schema()))
            .collect()
    }

    /// The checks of single attributes, and what the object's author adds.
    pub(super) fn validate(&self, type_name: &str, config: &Object, write_only_allowed: bool) -> Diagnostics {
        let entry = match self.get(type_name) {
            Ok(entry) => entry,
            Err(errors) => return errors,
        };
        let mut diagnostics = Diagnostics::new();
        let checked = shield_pure(|| {
            validate::attributes(
                &entry.schema().block,
                config,
                write_only_allowed,
                &mut diagnostics,
            );
            entry.object.validate(config, &mut diagnostics);
        });
        diagnostics.extend(checked.err());
        diagnostics
    }
}
