//! Where in a configuration or state a value is.

use std::fmt;

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// An attribute or a block by name.
    Attribute(String),
    /// An element of a map.
    Key(String),
    /// An element of a list.
    Index(usize),
}

/// Steps from the root of a resource's configuration. Elements of sets cannot be named: a path ends at the set.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Vec<Step>);

impl Path {
    /// The whole object.
    pub fn root() -> Path {
        Path::default()
    }

    /// An attribute or block of the root.
    pub fn attribute(name: &str) -> Path {
        Path::root().then(name)
    }

    /// The attribute or block `name` below this path.
    #[must_use]
    pub fn then(mut self, name: &str) -> Path {
        self.0.push(Step::Attribute(name.to_owned()));
        self
    }

    /// One step further.
    #[must_use]
    pub(super) fn step(mut self, step: Step) -> Path {
        self.0.push(step);
        self
    }

    /// The element `index` of the list at this path.
    #[must_use]
    pub fn index(mut self, index: usize) -> Path {
        self.0.push(Step::Index(index));
        self
    }

    /// The element `key` of the map at this path.
    #[must_use]
    pub fn key(mut self, key: &str) -> Path {
        self.0.push(Step::Key(key.to_owned()));
        self
    }

    /// The same place, where the root of this path is the attribute or block `name` of another.
    #[must_use]
    pub fn within(mut self, name: &str) -> Path {
        self.0.insert(0, Step::Attribute(name.to_owned()));
        self
    }

    /// The steps, from the root.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

/// As a configuration would write it: `database[0].table[1].name`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => f.write_str(name)?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A path on the way down, made of borrowed steps: most walks have nothing to say about most places.
#[derive(Clone, Copy, Debug)]
pub(super) enum Trail<'a> {
    /// The whole object.
    Root,
    /// The attribute or block of that name.
    Attribute(&'a Trail<'a>, &'a str),
    /// The element of a map.
    Key(&'a Trail<'a>, &'a str),
    /// The element of a list.
    Index(&'a Trail<'a>, usize),
    /// Some element of a set: it has no path, nor has anything in it.
    Element(&'a Trail<'a>),
}

impl Trail<'_> {
    /// As a path, which ends at the first set.
    pub(super) fn to_path(self) -> Path {
        self.build(true).0
    }

    /// In words: also what is in a set, without saying in which element.
    pub(super) fn to_text(self) -> String {
        self.build(false).0.to_string()
    }

    fn build(self, end_at_sets: bool) -> (Path, bool) {
        let (parent, step) = match self {
            Trail::Root => return (Path::root(), false),
            Trail::Element(parent) => return (parent.build(end_at_sets).0, end_at_sets),
            Trail::Attribute(parent, name) => (parent, Step::Attribute(name.to_owned())),
            Trail::Key(parent, key) => (parent, Step::Key(key.to_owned())),
            Trail::Index(parent, index) => (parent, Step::Index(index)),
        };
        match parent.build(end_at_sets) {
            (path, true) => (path, true),
            (path, false) => (path.step(step), false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_like_a_configuration() {
        let path = Path::attribute("database").index(0).then("tags").key("a b");
        assert_eq!(path.to_string(), r#"database[0].tags["a b"]"#);
        assert_eq!(Path::root().to_string(), "");
        assert_eq!(
            path.within("config").to_string(),
            r#"config.database[0].tags["a b"]"#
        );
    }

    #[test]
    fn a_path_ends_at_a_set() {
        let list = Trail::Attribute(&Trail::Root, "list");
        let element = Trail::Index(&list, 1);
        let set = Trail::Attribute(&element, "set");
        let within = Trail::Element(&set);
        let name = Trail::Attribute(&within, "name");
        let key = Trail::Key(&name, "k");
        assert_eq!(set.to_path().to_string(), "list[1].set");
        assert_eq!(key.to_path(), set.to_path());
        assert_eq!(key.to_text(), r#"list[1].set.name["k"]"#);
    }
}
