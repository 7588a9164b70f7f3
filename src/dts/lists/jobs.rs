//! The walk through the list of jobs (`DescribeDtsJobs`), page by page, with the filters that users give. What hangs on a job is
//! listed by it: a resource adds which jobs it is found by, and what it makes of one.

use async_trait::async_trait;

use crate::api;
use crate::dts::provider::Client;
use crate::dts::{error, region_check};
use crate::framework::list::{Item, ListResource, Listing};
use crate::framework::{Attribute, Block, Check, Diagnostic, Diagnostics, Object, Path, Schema, Type};

/// Every status that a job can be in (dts-api.md 3.2), as DTS writes it.
const STATUSES: [&str; 22] = [
    "NotConfigured",
    "NotStarted",
    "Prechecking",
    "PrecheckFailed",
    "PreCheckPass",
    "Initializing",
    "InitializeFailed",
    "Migrating",
    "MigrationFailed",
    "Synchronizing",
    "Failed",
    "Modifying",
    "ModifyFailed",
    "Starting",
    "Normal",
    "Abnormal",
    "Suspending",
    "Retrying",
    "Finished",
    "Upgrade",
    "Downgrade",
    "Locked",
];

/// Those of subscriptions alone.
const OF_SUBSCRIPTIONS: [&str; 3] = ["Starting", "Normal", "Abnormal"];

/// A resource whose objects are found in the list of jobs.
#[derive(Debug)]
pub(in crate::dts) struct OfJobs {
    /// The resource's type name.
    pub(super) type_name: &'static str,
    /// What its objects are, for the texts.
    pub(super) things: &'static str,
    /// Of the list, in markdown.
    pub(super) description: &'static str,
    /// What the resource calls the type of a job.
    pub(super) type_attribute: &'static str,
    /// The types that it is for; one of them needs no filter.
    pub(super) types: &'static [&'static str],
    /// Statuses in which a job is no such object.
    pub(super) leaves_out: &'static [&'static str],
    /// The objects that a job of the list stands for.
    pub(super) entries: fn(&api::JobSummary) -> Vec<Entry<'_>>,
    /// Whether the reverse job of a two-way synchronization is such an object too.
    pub(super) has_halves: bool,
}

/// An object found by a job.
#[derive(Debug)]
pub(in crate::dts) struct Entry<'a> {
    /// What people call it.
    pub(super) display_name: String,
    /// The job, which may be the reverse half of that by which it was found.
    pub(super) job: &'a api::JobSummary,
    /// What an import of it begins with: `id`, and what DTS does not know.
    pub(super) state: Object,
}

#[async_trait]
impl ListResource<Client> for OfJobs {
    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn schema(&self) -> Schema {
        let things = self.things;
        let mut block = Block::new(self.description)
            .attribute(
                Attribute::string("region")
                    .describe(&format!(
                        "Only {things} of this region. To import what is found in another region than the provider's, set `provider` in the \
                         `list` block to one that is configured for it. Default: the provider's region."
                    ))
                    .check(Check::not_blank())
                    .check(region_check()),
            );
        if self.types.len() > 1 {
            block = block.attribute(
                Attribute::string(self.type_attribute)
                    .parameter("JobType")
                    .describe(&format!(
                        "Only {things} of this type: `{}`. Default: all of them.",
                        self.types.join("`, `")
                    ))
                    .check(Check::one_of(self.types)),
            );
        }
        let statuses = self.statuses();
        // A job that is two halves is told by its forward one, so that DTS cannot pick these.
        let picked = |attribute: Attribute| match self.has_halves {
            true => attribute.local(),
            false => attribute,
        };
        block = block
            .attribute(picked(
                Attribute::string("status")
                    .describe(&format!(
                        "Only {things} with the job in this status, in DTS's words: `{}`. `Suspending` is DTS's word for paused. Default: any.",
                        statuses.join("`, `")
                    ))
                    .check(self.status_check(statuses.clone())),
            ))
            .attribute(picked(
                Attribute::string("name")
                    .describe(&format!("Only {things} with this in the job's name."))
                    .parameter("Params")
                    .check(Check::not_blank()),
            ))
            .attribute(Attribute::new("tags", Type::map(Type::String)).local().describe(&format!(
                "Only {things} whose instance has all of these tags; with the value `null`, that key with any value. A job without an instance has none."
            )).check(Check::new(|value| match value.as_map() {
                Some(tags) if tags.iter().any(|(key, _)| key.is_empty()) => {
                    Err("The key of a tag is empty. Name the tag, or leave `tags` out.".to_owned())
                }
                _ => Ok(()),
            })))
            .attribute(
                Attribute::string("resource_group_id")
                    .describe(&format!("Only {things} of this resource group."))
                    .check(Check::not_blank()),
            );
        Schema::new(block)
    }

    async fn list(&self, listing: &mut Listing<Client>) -> Result<(), Diagnostics> {
        let client = listing.client.clone();
        let api = client.api(&listing.cancel)?;
        let filters = listing.request.config.clone();
        let region = filters.str("region").unwrap_or_else(|| api.region()).to_owned();
        if region != api.region() {
            let told = self.of_elsewhere(&region, api.region());
            if listing.request.include_resource {
                // Their states are of another region than what this provider reads: they would look as if they were gone.
                return Err(told.into());
            }
            listing.warnings.extend(Diagnostics::from(told).as_warnings());
        }
        let asked = filters.str(self.type_attribute).filter(|_| self.types.len() > 1);
        let wanted = listing.request.limit.unwrap_or(usize::MAX);
        for kind in self
            .types
            .iter()
            .copied()
            .filter(|kind| asked.is_none_or(|asked| asked == *kind))
        {
            let request = request(&filters, &region, kind);
            let (request, filter) = match self.has_halves {
                true => request.by_halves(),
                false => (request, api::HalfFilter::default()),
            };
            // What is left out here is no reason for small pages.
            let wanted = if filter == api::HalfFilter::default() {
                wanted
            } else {
                usize::MAX
            };
            let mut pages = api.dts_job_pages(request, wanted);
            while !listing.is_full() {
                let page = pages.next().await.map_err(error::to(&format!(
                    "list DTS {} of type {kind} in {region}",
                    self.things
                )))?;
                let Some(page) = page else { break };
                for job in page.iter().filter(|job| has_tags(job, &filters)) {
                    for entry in (self.entries)(job) {
                        if !filter.fits(entry.job, job) {
                            continue;
                        }
                        if let Some(id) = entry.state.str("id") {
                            client.is_for(id, kind);
                        }
                        let identity = Object::new()
                            .with("id", entry.state.get("id").clone())
                            .with("region", region.as_str());
                        let item = Item {
                            identity,
                            display_name: entry.display_name,
                            state: entry.state,
                        };
                        if !listing.found(item).await {
                            return Ok(());
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

impl OfJobs {
    /// What `status` may ask for.
    fn statuses(&self) -> Vec<&'static str> {
        let subscribes = self.types.contains(&"SUBSCRIBE");
        let fits = |status: &&str| {
            !self.leaves_out.contains(status) && (subscribes || !OF_SUBSCRIPTIONS.contains(status))
        };
        STATUSES.into_iter().filter(fits).collect()
    }

    /// A status that this resource cannot be in is another mistake than one that there is not.
    fn status_check(&self, allowed: Vec<&'static str>) -> Check {
        let (known, leaves_out, things) = (Check::one_of_ignore_case(&allowed), self.leaves_out, self.things);
        let mut check = Check::new(move |value| {
            let none = leaves_out.iter().find(|status| {
                value
                    .as_str()
                    .is_some_and(|text| text.eq_ignore_ascii_case(status))
            });
            match none {
                Some(status) => Err(format!(
                    "{things} in the status {status} are not listed: there is nothing configured yet. List `dts_instance` with this status \
                     to find what was bought for them."
                )),
                None => known.run(value),
            }
        });
        check.allowed = allowed.into_iter().map(str::to_owned).collect();
        check
    }

    fn of_elsewhere(&self, region: &str, ours: &str) -> Diagnostic {
        Diagnostic::error(
            format!("The {} of {region} cannot be imported by a provider for {ours}", self.things),
            format!(
                "Their identity is of region {region:?}, and states are read, and imported, from the provider's own region. Add a provider block \
                 with `alias` and `region = {region:?}`, and set `provider` in the `list` block to it; `region` is then not needed there."
            ),
        )
        .at(Path::attribute("region"))
    }
}

fn request(filters: &Object, region: &str, kind: &str) -> api::DescribeDtsJobs {
    let text = |name: &str| filters.str(name).map(str::to_owned);
    // DTS compares letter by letter.
    let status = filters.str("status").map(|status| {
        let known = STATUSES
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(status));
        known.unwrap_or(status).to_owned()
    });
    api::DescribeDtsJobs {
        job_type: Some(kind.to_owned()),
        region: Some(region.to_owned()),
        type_: filters.str("name").map(|_| "name".to_owned()),
        params: text("name"),
        status,
        // In this order a job that is made meanwhile moves no other to another page.
        order_column: Some("CreateTime".to_owned()),
        order_direction: Some("ASC".to_owned()),
        without_db_list: Some(true),
        resource_group_id: text("resource_group_id"),
        ..api::DescribeDtsJobs::default()
    }
}

/// Compared here: how DTS wants tags to be written in a filter is not documented, how it lists them is (dts-api.md 2.8).
fn has_tags(job: &api::JobSummary, filters: &Object) -> bool {
    let Some(wanted) = filters.object("tags") else {
        return true;
    };
    wanted.iter().all(|(key, value)| {
        job.tags
            .iter()
            .any(|(there, is)| there == key && value.as_str().is_none_or(|value| value == is))
    })
}

#[cfg(test)]
mod tests {
    use super::super::{instance, job};
    use super::*;
    use crate::framework::Value;
    use crate::framework::validate;

    /// What is told of these filters: the attribute and a part of the text.
    #[track_caller]
    fn check(of: &OfJobs, filters: Object, expected: Option<(&str, &str)>) {
        let mut told = Diagnostics::new();
        validate::attributes(&of.schema().block, &filters, true, &mut told);
        let told: Vec<(String, String)> = told
            .iter()
            .map(|one| (one.path.clone().unwrap().to_string(), one.detail.clone()))
            .collect();
        match expected {
            None => assert_eq!(told, []),
            Some((path, part)) => {
                assert_eq!(told.len(), 1, "{told:?}");
                assert_eq!(told[0].0, path);
                assert!(told[0].1.contains(part), "{told:?}");
            }
        }
    }

    #[test]
    fn filters_are_checked() {
        let one = |name: &str, value: &str| Object::new().with(name, value);
        for status in STATUSES {
            check(&instance(), one("status", status), None);
        }
        check(&job(), one("status", "precheckpass"), None);
        check(&job(), Object::new().with("status", Value::Unknown), None);
        check(
            &job(),
            one("status", "Running"),
            Some(("status", "Write one of: NotStarted,")),
        );
        check(
            &job(),
            one("status", "notconfigured"),
            Some(("status", "List `dts_instance`")),
        );
        check(
            &job(),
            one("job_type", "SUBSCRIBE"),
            Some(("job_type", "MIGRATION, SYNC")),
        );
        check(
            &instance(),
            one("type", "sync"),
            Some(("type", "MIGRATION, SYNC, SUBSCRIBE")),
        );
        check(
            &instance(),
            one("region", "Hangzhou"),
            Some(("region", "lower-case")),
        );
        check(&instance(), one("name", " "), Some(("name", "white space")));
        check(
            &instance(),
            one("resource_group_id", ""),
            Some(("resource_group_id", "empty")),
        );
        check(
            &instance(),
            Object::new().with("tags", Object::new().with("", "x")),
            Some(("tags", "key of a tag")),
        );
    }

    #[test]
    fn tags_are_all_wanted() {
        let tagged = api::JobSummary {
            tags: vec![
                ("env".to_owned(), "prod".to_owned()),
                ("team".to_owned(), String::new()),
            ],
            ..api::JobSummary::default()
        };
        let check = |tags: &[(&str, &str)], expected: bool| {
            let wanted: Object = tags
                .iter()
                .fold(Object::new(), |all, (key, value)| all.with(key, *value));
            let filters = Object::new().with("tags", wanted);
            assert_eq!(has_tags(&tagged, &filters), expected, "{tags:?}");
        };
        assert!(has_tags(&tagged, &Object::new()));
        check(&[], true);
        check(&[("env", "prod")], true);
        check(&[("env", "prod"), ("team", "")], true);
        check(&[("env", "test")], false);
        check(&[("Env", "prod")], false);
        check(&[("env", "prod"), ("owner", "me")], false);
    }

    #[test]
    fn filters_become_parameters() {
        let filters = Object::new()
            .with("status", "synchronizing")
            .with("name", "orders")
            .with("resource_group_id", "rg-1");
        let request = request(&filters, "cn-beijing", "SYNC");
        assert_eq!(request.status.as_deref(), Some("Synchronizing"));
        assert_eq!(
            (request.type_.as_deref(), request.params.as_deref()),
            (Some("name"), Some("orders"))
        );
        assert_eq!(request.region.as_deref(), Some("cn-beijing"));
        assert_eq!(request.job_type.as_deref(), Some("SYNC"));
        assert_eq!(request.resource_group_id.as_deref(), Some("rg-1"));
    }
}
