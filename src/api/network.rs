//! The addresses that DTS connects from, for the allow lists of databases (`DescribeDTSIP`, `WhiteIpList`; dts-api.md 2.12).

use super::client::{Client, Safety};
use super::error::Error;
use super::params::Params;

/// One side of [`WhiteIpList`], where DTS reaches it inside of a VPC.
#[derive(Clone, Debug, Default)]
pub struct VpcAccess {
    /// `VpcId`.
    pub vpc_id: Option<String>,
    /// `PrimaryVswId`.
    pub primary_vswitch_id: Option<String>,
    /// `SecondaryVswId`.
    pub secondary_vswitch_id: Option<String>,
    /// `AliyunUid` of another account.
    pub owner_id: Option<String>,
    /// `RoleName` in that account.
    pub role: Option<String>,
}

/// Parameters of `WhiteIpList`.
#[derive(Clone, Debug, Default)]
pub struct WhiteIpList {
    /// `Region` of the source. Required.
    pub source_region: String,
    /// `DestinationRegion`; required of a migration and of a synchronization.
    pub destination_region: Option<String>,
    /// `internet` or `vpc`. Required.
    pub type_: String,
    /// `Src...`
    pub source: VpcAccess,
    /// `Dest...`
    pub destination: VpcAccess,
}

/// Ranges of addresses in CIDR notation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IpRanges {
    /// Of both sides.
    pub all: Vec<String>,
    /// For the source.
    pub source: Vec<String>,
    /// For the destination.
    pub destination: Vec<String>,
}

fn ranges(text: Option<String>) -> Vec<String> {
    let text = text.unwrap_or_default();
    let parts = text.split(',').map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

impl Client {
    /// The ranges of DTS in the regions of a source and a destination.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn describe_dts_ip(
        &self,
        source_region: &str,
        destination_region: Option<&str>,
    ) -> Result<Vec<String>, Error> {
        let params = Params::new()
            .set("SourceEndpointRegion", source_region)
            .set_opt("DestinationEndpointRegion", destination_region);
        let reply = self.call("DescribeDTSIP", params, Safety::Read).await?;
        // The list stands in a member that is otherwise part of an error.
        Ok(ranges(reply.object().text("DynamicMessage")))
    }

    /// The ranges of DTS by the way that it takes.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn white_ip_list(&self, request: &WhiteIpList) -> Result<IpRanges, Error> {
        let mut params = Params::new()
            .set("Region", &request.source_region)
            .set_opt("DestinationRegion", request.destination_region.as_ref())
            .set("Type", &request.type_);
        for (side, access) in [("Src", &request.source), ("Dest", &request.destination)] {
            let name = |part: &str| format!("{side}{part}");
            params = params
                .set_opt(name("VpcId"), access.vpc_id.as_ref())
                .set_opt(name("PrimaryVswId"), access.primary_vswitch_id.as_ref())
                .set_opt(name("SecondaryVswId"), access.secondary_vswitch_id.as_ref())
                .set_opt(name("AliyunUid"), access.owner_id.as_ref())
                .set_opt(name("RoleName"), access.role.as_ref());
        }
        let reply = self.call("WhiteIpList", params, Safety::Read).await?;
        let list = |name| ranges(reply.object().text(name));
        Ok(IpRanges {
            all: list("IpList"),
            source: list("SrcIpList"),
            destination: list("DestIpList"),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::testing::{Answer, FakeTransport, client};

    #[tokio::test]
    async fn lists_are_taken_apart() {
        let transport = FakeTransport::new([
            Answer::json(
                200,
                &json!({"Success": "true", "DynamicMessage": "10.0.0.0/8, 11.0.0.0/8,"}),
            ),
            Answer::json(
                200,
                &json!({"Success": true, "IpList": "10.0.0.0/8", "SrcIpList": "10.0.0.0/8", "DestIpList": ""}),
            ),
        ]);
        let client = client(&transport);
        let found = client.describe_dts_ip("cn-hangzhou", None).await.unwrap();
        assert_eq!(found, ["10.0.0.0/8", "11.0.0.0/8"]);
        let request = WhiteIpList {
            source_region: "cn-hangzhou".to_owned(),
            type_: "vpc".to_owned(),
            source: VpcAccess {
                vpc_id: Some("vpc-1".to_owned()),
                ..VpcAccess::default()
            },
            ..WhiteIpList::default()
        };
        let found = client.white_ip_list(&request).await.unwrap();
        let one = vec!["10.0.0.0/8".to_owned()];
        let expected = IpRanges {
            all: one.clone(),
            source: one,
            destination: Vec::new(),
        };
        assert_eq!(found, expected);
        assert_eq!(
            transport.seen()[1].parameters(),
            [
                "Action=WhiteIpList",
                "Region=cn-hangzhou",
                "RegionId=cn-hangzhou",
                "SrcVpcId=vpc-1",
                "Type=vpc"
            ]
        );
    }
}
