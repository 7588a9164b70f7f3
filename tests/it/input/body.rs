//! Configurations to be made wrong in one place.

use std::fmt::Write as _;

/// A resource, a data source, or a block in one: arguments as they are written, one on a line, and nested blocks.
#[derive(Clone, Debug, Default)]
pub(super) struct Body {
    /// `resource "dts_job"`, or the name of a nested block.
    header: String,
    arguments: Vec<(String, String)>,
    blocks: Vec<Body>,
}

impl Body {
    /// `resource "<type_name>"`
    pub(super) fn of_resource(type_name: &str) -> Body {
        Body::block(&format!("resource \"{type_name}\""))
    }

    /// `data "<type_name>"`
    pub(super) fn of_data(type_name: &str) -> Body {
        Body::block(&format!("data \"{type_name}\""))
    }

    /// A nested block.
    pub(super) fn block(name: &str) -> Body {
        Body {
            header: name.to_owned(),
            ..Body::default()
        }
    }

    /// With a nested block more.
    pub(super) fn with_block(mut self, block: Body) -> Body {
        self.blocks.push(block);
        self
    }

    /// With a nested block more in the one at `path`.
    pub(super) fn with_block_in(mut self, path: &str, block: Body) -> Body {
        self.at(path).blocks.push(block);
        self
    }

    /// The argument at `path`, such as `source_endpoint.port` or `database#1.name` (of the second such block), is
    /// written as `expression`.
    pub(super) fn set(mut self, path: &str, expression: &str) -> Body {
        let (block, name) = path.rsplit_once('.').unwrap_or(("", path));
        let arguments = &mut self.at(block).arguments;
        match arguments.iter_mut().find(|(other, _)| other == name) {
            Some((_, old)) => expression.clone_into(old),
            None => arguments.push((name.to_owned(), expression.to_owned())),
        }
        self
    }

    /// The argument, or every block of that name, at `path` is left out.
    pub(super) fn without(mut self, path: &str) -> Body {
        let (block, name) = path.rsplit_once('.').unwrap_or(("", path));
        let body = self.at(block);
        let before = body.arguments.len() + body.blocks.len();
        body.arguments.retain(|(other, _)| other != name);
        body.blocks.retain(|block| block.header != name);
        assert_ne!(
            before,
            body.arguments.len() + body.blocks.len(),
            "there is no {path}"
        );
        self
    }

    fn at(&mut self, path: &str) -> &mut Body {
        path.split('.')
            .filter(|step| !step.is_empty())
            .fold(self, |body, step| {
                let (name, index) = step.split_once('#').unwrap_or((step, "0"));
                body.blocks
                    .iter_mut()
                    .filter(|block| block.header == name)
                    .nth(index.parse().unwrap())
                    .unwrap_or_else(|| panic!("there is no {step} in {path}"))
            })
    }

    /// How Terraform names it.
    pub(super) fn address(&self, label: &str) -> String {
        let (kind, type_name) = self.header.split_once(' ').unwrap();
        let data = if kind == "data" { "data." } else { "" };
        format!("{data}{}.{label}", type_name.trim_matches('"'))
    }

    /// As a configuration.
    pub(super) fn resource(&self, label: &str) -> String {
        let mut text = String::new();
        self.write(&format!("{} \"{label}\"", self.header), "", &mut text);
        text
    }

    fn write(&self, header: &str, indent: &str, text: &mut String) {
        writeln!(text, "{indent}{header} {{").unwrap();
        for (name, expression) in &self.arguments {
            writeln!(text, "{indent}  {name} = {expression}").unwrap();
        }
        for block in &self.blocks {
            block.write(&block.header, &format!("{indent}  "), text);
        }
        writeln!(text, "{indent}}}").unwrap();
    }
}

/// A migration that is configured first.
pub(super) fn job() -> Body {
    let endpoint = |name: &str, id: &str| {
        Body::block(name)
            .set("instance_type", r#""RDS""#)
            .set("engine_name", r#""MYSQL""#)
            .set("instance_id", &format!("{id:?}"))
            .set("region", r#""cn-hangzhou""#)
            .set("user_name", r#""dtstest""#)
            .set("password", r#""pass-word""#)
    };
    let database = Body::block("database")
        .set("name", r#""dtsdb""#)
        .with_block(Body::block("table").set("name", r#""person""#));
    Body::of_resource("dts_job")
        .set("dts_job_name", r#""job""#)
        .set("job_type", r#""MIGRATION""#)
        .set("structure_initialization", "true")
        .set("data_initialization", "true")
        .set("data_synchronization", "false")
        .with_block(endpoint("source_endpoint", "rm-source"))
        .with_block(endpoint("destination_endpoint", "rm-destination"))
        .with_block(database)
}

/// A migration instance that is bought first.
pub(super) fn bought_first() -> Body {
    bought()
        .set("type", r#""MIGRATION""#)
        .set("source_endpoint_engine_name", r#""MySQL""#)
        .set("destination_endpoint_engine_name", r#""MySQL""#)
        .set("source_region", r#""cn-hangzhou""#)
        .set("destination_region", r#""cn-hangzhou""#)
}

/// An instance for a job.
pub(super) fn bought_for_job() -> Body {
    bought().set("job_id", r#""j0123456789""#)
}

fn bought() -> Body {
    Body::of_resource("dts_instance")
        .set("instance_class", r#""small""#)
        .set("pay_type", r#""PostPaid""#)
}
