//! The provider block, and the client that resources and data sources share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;
use tokio::sync::RwLock;
use tokio_util::sync::CancellationToken;

use super::{functions, instance, job, precheck, region_check};
use crate::api;
use crate::framework::datasource::DataSource;
use crate::framework::function::Function;
use crate::framework::resource::Resource;
use crate::framework::validate::is_certainly_set;
use crate::framework::{Attribute, Block, Check, Diagnostic, Diagnostics, Object, Path, Provider, Schema};

/// The provider for Alibaba Cloud Data Transmission Service.
#[derive(Debug)]
pub struct Dts {
    context: api::Context,
}

impl Dts {
    /// With the real clock, environment and network, or with others for tests.
    pub fn new(context: api::Context) -> Dts {
        Dts { context }
    }
}

/// What the resources and data sources work with: one client for each configured provider.
#[derive(Debug)]
pub struct Client {
    /// Missing when the provider's configuration does not allow one: told by the first who needs it, so that a plan with
    /// nothing to read needs neither region nor credentials.
    api: Result<api::Client, Diagnostics>,
    /// Purchases of this process hold it shared while their outcome is open; who looks for a lost purchase holds it alone.
    pub(super) purchases: RwLock<()>,
    /// Instances and jobs that a resource of this process already has.
    claimed: Mutex<BTreeSet<String>>,
    /// Objects that this process has read since it was configured.
    read: Mutex<BTreeSet<String>>,
    /// Jobs that an instance in the plan serves or is to be bought for.
    served: Mutex<BTreeMap<String, BTreeSet<Option<String>>>>,
    /// The turns of [`Client::turn`].
    turns: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<Option<String>>>>>,
}

impl Client {
    /// The DTS client, for an operation that `cancel` ends.
    pub(super) fn api(&self, cancel: &CancellationToken) -> Result<api::Client, Diagnostics> {
        self.api
            .as_ref()
            .map(|api| api.scoped(cancel.clone()))
            .map_err(Clone::clone)
    }

    /// The region, where the provider's configuration allows a client.
    pub(super) fn region(&self) -> Option<&str> {
        self.api.as_ref().ok().map(api::Client::region)
    }

    /// The object belongs to a resource: nobody else may take it for a lost one. `false` when one has it already.
    pub(super) fn claim(&self, id: &str) -> bool {
        self.claimed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id.to_owned())
    }

    /// Whether a resource of this process has it.
    pub(super) fn is_claimed(&self, id: &str) -> bool {
        self.claimed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(id)
    }

    /// An instance in the plan serves the job: the one of that id, or one that is to be bought. `false` when the job has another
    /// already: it has one instance. Two that are both to be bought cannot be told from one that is planned twice. Asked with an
    /// instance first and a job second, the same for the one job of an instance.
    pub(super) fn serves(&self, job_id: &str, instance_id: Option<&str>) -> bool {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        let servants = served.entry(job_id.to_owned()).or_default();
        servants.insert(instance_id.map(str::to_owned));
        servants.len() == 1
    }

    /// Who buys an instance for a job takes its turn, and leaves the instance's id there: a job has one instance.
    pub(super) fn turn(&self, job_id: &str) -> Arc<tokio::sync::Mutex<Option<String>>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(job_id.to_owned()).or_default())
    }

    /// The object has just been read.
    pub(super) fn saw(&self, id: &str) {
        self.read
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id.to_owned());
    }

    /// Whether the object has been read since this client was made. Terraform makes a new one for the apply and plans
    /// again there, without reading: what was not to be replaced before must not be then.
    pub(super) fn has_seen(&self, id: &str) -> bool {
        self.read
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(id)
    }
}

impl Provider for Dts {
    type Client = Client;

    fn name(&self) -> &'static str {
        "dts"
    }

    fn schema(&self) -> Schema {
        let text = |name: &str, description: &str| {
            Attribute::string(name)
                .describe(description)
                .check(Check::not_blank())
        };
        Schema::new(
            Block::new("Alibaba Cloud Data Transmission Service (DTS): migrate, synchronize and subscribe to databases.")
                .attribute(text(
                    "region",
                    "Region of the DTS instances and jobs, such as `cn-hangzhou`. \
                     Default: the environment variable `ALICLOUD_REGION` or `ALIBABA_CLOUD_REGION`.",
                ).check(region_check()))
                .attribute(text(
                    "access_key",
                    "AccessKey id. Default: `ALICLOUD_ACCESS_KEY`, `ALIBABA_CLOUD_ACCESS_KEY_ID` or `ALIBABACLOUD_ACCESS_KEY_ID`.",
                ))
                .attribute(
                    text(
                        "secret_key",
                        "AccessKey secret. Default: `ALICLOUD_SECRET_KEY`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET` or `ALIBABACLOUD_ACCESS_KEY_SECRET`.",
                    )
                    .sensitive(),
                )
                .attribute(
                    text(
                        "security_token",
                        "Token of temporary keys (STS). Default: `ALICLOUD_SECURITY_TOKEN`, `ALIBABA_CLOUD_SECURITY_TOKEN` or `ALIBABACLOUD_SECURITY_TOKEN`.",
                    )
                    .sensitive(),
                )
                .attribute(text(
                    "endpoint",
                    "URL of the service instead of the region's own, such as `http://127.0.0.1:8080` for the emulator. Plain http \
                     is accepted for loopback addresses only, unless `insecure` is set. \
                     Default: `ALIBABA_CLOUD_ENDPOINT_DTS` or `DTS_ENDPOINT`, else the region's endpoint.",
                ))
                .attribute(
                    Attribute::bool("insecure")
                        .describe("Accept an `endpoint` with plain http that is not loopback: keys and passwords cross the network readable. Default: `false`."),
                ),
        )
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        if let (Some(_), false) = (config.str("endpoint"), config.get("insecure").is_unknown())
            && let Err(error) = api::Client::new(
                settings(config, "cn-hangzhou".to_owned(), ""),
                self.context.clone(),
            )
            && error.kind() == api::Kind::Endpoint
        {
            diagnostics.push(from_settings(&error));
        }
        for (one, other) in [
            ("access_key", "secret_key"),
            ("secret_key", "access_key"),
            ("security_token", "access_key"),
        ] {
            // With both others missing, the first of them is enough to say.
            let told = one == "security_token" && !config.get("secret_key").is_null();
            if is_certainly_set(config, one) && config.get(other).is_null() && !told {
                diagnostics.push(
                    Diagnostic::error(
                        format!("{other} is missing"),
                        format!("`{one}` is set, and one does not work without the other. Set `{other}` too, or leave both to the environment."),
                    )
                    .at(Path::attribute(one)),
                );
            }
        }
    }

    fn configure(&self, config: &Object, terraform_version: &str) -> Result<Client, Diagnostics> {
        Ok(Client {
            api: self.client(config, terraform_version),
            purchases: RwLock::new(()),
            claimed: Mutex::new(BTreeSet::new()),
            read: Mutex::new(BTreeSet::new()),
            served: Mutex::new(BTreeMap::new()),
            turns: Mutex::new(BTreeMap::new()),
        })
    }

    fn resources(&self) -> Vec<Box<dyn Resource<Client>>> {
        vec![Box::new(instance::Instance), Box::new(job::Job)]
    }

    fn data_sources(&self) -> Vec<Box<dyn DataSource<Client>>> {
        vec![Box::new(precheck::Precheck)]
    }

    fn functions(&self) -> Vec<Box<dyn Function>> {
        vec![Box::new(functions::DbList), Box::new(functions::ParseDbList)]
    }
}

impl Dts {
    fn client(&self, config: &Object, terraform_version: &str) -> Result<api::Client, Diagnostics> {
        if let Some((name, _)) = config.iter().find(|(_, value)| value.is_unknown()) {
            return Err(Diagnostic::error(
                "The provider's configuration is not known yet",
                format!(
                    "`{name}` is only known after an apply, but something has to be read now. Apply what it depends on first \
                     (`terraform apply -target=...`), or give the value directly."
                ),
            )
            .at(Path::attribute(name))
            .into());
        }
        let configured = |name: &str| Some((String::new(), config.str(name)?.to_owned()));
        let region = configured("region").or_else(|| self.environment(&REGION));
        let Some((region_from, region)) = region else {
            return Err(Diagnostic::error(
                "The provider needs a region",
                "Set `region` in the provider block, or the environment variable ALICLOUD_REGION or ALIBABA_CLOUD_REGION, \
                 to the region of your DTS instances, such as cn-hangzhou.",
            )
            .at(Path::attribute("region"))
            .into());
        };
        let mut settings = settings(config, region, terraform_version);
        let endpoint = configured("endpoint").or_else(|| self.environment(&ENDPOINT));
        let (endpoint_from, endpoint) = endpoint.unzip();
        settings.endpoint = endpoint;
        api::Client::new(settings, self.context.clone()).map_err(|error| {
            let mut problem = from_settings(&error);
            let from = match error.kind() {
                api::Kind::Region => region_from,
                _ => endpoint_from.unwrap_or_default(),
            };
            if !from.is_empty() {
                problem.detail = format!("It is set by {from} in the environment: {}", problem.detail);
            }
            problem.into()
        })
    }

    /// The first of these variables that is set and not empty, with its name.
    fn environment(&self, names: &[&str]) -> Option<(String, String)> {
        names.iter().find_map(|name| {
            let value = self.context.env.get(name).filter(|value| !value.is_empty())?;
            Some(((*name).to_owned(), value))
        })
    }
}

const REGION: [&str; 2] = ["ALICLOUD_REGION", "ALIBABA_CLOUD_REGION"];
const ENDPOINT: [&str; 2] = ["ALIBABA_CLOUD_ENDPOINT_DTS", "DTS_ENDPOINT"];

fn settings(config: &Object, region: String, terraform_version: &str) -> api::Config {
    let secret = |name: &str| config.str(name).map(SecretString::from);
    api::Config {
        region,
        endpoint: config.str("endpoint").map(str::to_owned),
        insecure: config.bool("insecure").unwrap_or(false),
        credentials: api::CredentialConfig {
            access_key: config.str("access_key").map(str::to_owned),
            secret_key: secret("secret_key"),
            security_token: secret("security_token"),
        },
        user_agent: format!(
            "Terraform/{terraform_version} (+https://www.terraform.io) terraform-provider-dts/{}",
            env!("CARGO_PKG_VERSION")
        ),
    }
}

fn from_settings(error: &api::Error) -> Diagnostic {
    let name = if error.kind() == api::Kind::Region {
        "region"
    } else {
        "endpoint"
    };
    let mut detail = error.to_string();
    if let Some(advice) = error.advice() {
        detail.push_str("\n\n");
        detail.push_str(advice);
    }
    Diagnostic::error(format!("Invalid {name}"), detail).at(Path::attribute(name))
}
