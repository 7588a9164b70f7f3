//! `data.dts_ip_ranges`: what the allow list of a database has to let in.

use async_trait::async_trait;

use super::text;
use crate::api;
use crate::dts::provider::Client;
use crate::dts::{error, region_check};
use crate::framework::datasource::{DataSource, Query};
use crate::framework::validate::is_certainly_set;
use crate::framework::{
    Attribute, Block, Check, Diagnostic, Diagnostics, NestedBlock, Object, Path, Schema, Type, Value,
};

/// `data.dts_ip_ranges`
#[derive(Debug)]
pub(in crate::dts) struct IpRanges;

const SIDES: [&str; 2] = ["source_vpc", "destination_vpc"];

fn vpc(name: &str, side: &str) -> NestedBlock {
    let prefix = if side == "source" { "Src" } else { "Dest" };
    let named = |attribute: Attribute| {
        let name = match attribute.name.as_str() {
            "primary_vswitch_id" => "PrimaryVswId",
            "secondary_vswitch_id" => "SecondaryVswId",
            "owner_id" => "AliyunUid",
            "role" => "RoleName",
            _ => "VpcId",
        };
        attribute.parameter(&format!("{prefix}{name}"))
    };
    NestedBlock::single(
        name,
        Block::new(&format!(
            "How DTS reaches the {side} inside of a VPC. Only with `type = \"vpc\"`."
        ))
        .attribute(text("vpc_id", "Id of the VPC."))
        .attribute(text("primary_vswitch_id", "First vSwitch."))
        .attribute(text("secondary_vswitch_id", "Second vSwitch."))
        .attribute(text(
            "owner_id",
            "Account that it belongs to, where that is another.",
        ))
        .attribute(text("role", "RAM role in that account."))
        .each(&named),
    )
}

#[async_trait]
impl DataSource<Client> for IpRanges {
    fn type_name(&self) -> &'static str {
        "dts_ip_ranges"
    }

    fn schema(&self) -> Schema {
        let ranges = |name: &str, description: &str| {
            Attribute::new(name, Type::list(Type::String))
                .computed()
                .describe(description)
        };
        Schema::new(
            Block::new(
                "Reads the ranges of addresses that DTS connects from, for the allow lists of databases: of the regions (`DescribeDTSIP`), or, with `type`, of the way that DTS \
                 takes (`WhiteIpList`).",
            )
            .attribute(text("source_region", "Region of the source, such as `cn-hangzhou`.").parameter("SourceEndpointRegion").required().check(region_check()))
            .attribute(text("destination_region", "Region of the destination. With `type`, a migration and a synchronization need it.").check(region_check()))
            .attribute(text("type", "How DTS reaches the databases: `internet` or `vpc`. Default: not asked, the ranges are those of the regions.").check(Check::one_of(&["internet", "vpc"])))
            .block(vpc("source_vpc", "source"))
            .block(vpc("destination_vpc", "destination"))
            .attribute(ranges("ip_ranges", "Ranges in CIDR notation, of both sides."))
            .attribute(ranges("source_ip_ranges", "Ranges to let in at the source. Without `type` those of both sides: DTS does not tell them apart then."))
            .attribute(ranges("destination_ip_ranges", "Ranges to let in at the destination, likewise.")),
        )
    }

    fn validate(&self, config: &Object, diagnostics: &mut Diagnostics) {
        let kind = config.get("type");
        for name in SIDES {
            if is_certainly_set(config, name) && !kind.is_unknown() && kind.as_str() != Some("vpc") {
                diagnostics.push(
                    Diagnostic::error(
                        format!("{name} needs type = \"vpc\""),
                        "It says how DTS reaches a database inside of a VPC. Set `type = \"vpc\"`, or remove it.",
                    )
                    .at(Path::attribute(name)),
                );
            }
        }
    }

    async fn read(&self, query: &mut Query<Client>) -> Result<(), Diagnostics> {
        let api = query.client.api(&query.cancel)?;
        let text = |object: &Object, name: &str| object.str(name).map(str::to_owned);
        let source_region = text(&query.state, "source_region").unwrap_or_default();
        let destination_region = text(&query.state, "destination_region");
        let what = "read the address ranges of DTS";
        let found = match text(&query.state, "type") {
            None => {
                let all = api
                    .describe_dts_ip(&source_region, destination_region.as_deref())
                    .await;
                let all = all.map_err(error::to(what))?;
                api::IpRanges {
                    source: all.clone(),
                    destination: all.clone(),
                    all,
                }
            }
            Some(type_) => {
                let access = |name: &str| match query.state.object(name) {
                    Some(vpc) => api::VpcAccess {
                        vpc_id: text(vpc, "vpc_id"),
                        primary_vswitch_id: text(vpc, "primary_vswitch_id"),
                        secondary_vswitch_id: text(vpc, "secondary_vswitch_id"),
                        owner_id: text(vpc, "owner_id"),
                        role: text(vpc, "role"),
                    },
                    None => api::VpcAccess::default(),
                };
                let request = api::WhiteIpList {
                    source_region,
                    destination_region,
                    type_,
                    source: access("source_vpc"),
                    destination: access("destination_vpc"),
                };
                api.white_ip_list(&request).await.map_err(error::to(what))?
            }
        };
        for (name, ranges) in [
            ("ip_ranges", found.all),
            ("source_ip_ranges", found.source),
            ("destination_ip_ranges", found.destination),
        ] {
            let ranges: Vec<Value> = ranges.into_iter().map(Value::from).collect();
            query.state.set(name, ranges);
        }
        Ok(())
    }
}
