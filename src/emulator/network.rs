//! The addresses that DTS connects from, for the allow lists of databases.

use serde_json::json;

use super::{
    params::Params,
    reply::{self, Body, Refusal},
    state::State,
};

/// The address ranges of a region: made up, and the same in every run.
fn ranges(region: &str) -> Vec<String> {
    let number = region
        .bytes()
        .fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
    vec![
        format!("100.104.{number}.0/26"),
        format!("100.104.{}.64/26", number.wrapping_add(1)),
    ]
}

fn all(regions: &[Option<&str>]) -> String {
    let mut found: Vec<String> = Vec::new();
    for range in regions.iter().flatten().flat_map(|region| ranges(region)) {
        if !found.contains(&range) {
            found.push(range);
        }
    }
    found.join(",")
}

/// DescribeDTSIP: the list stands in a member that is otherwise part of an error.
pub(crate) fn addresses(_: &mut State, params: &Params) -> Result<Body, Refusal> {
    let source = params.required("SourceEndpointRegion")?;
    let list = all(&[Some(source), params.text("DestinationEndpointRegion")]);
    Ok(reply::body(json!({ "DynamicMessage": list })))
}

/// WhiteIpList: the ranges of each side.
pub(crate) fn white_list(_: &mut State, params: &Params) -> Result<Body, Refusal> {
    let source = params.required("Region")?;
    params.required("Type")?;
    params.one_of("Type", &["internet", "vpc"])?;
    let destination = params.text("DestinationRegion");
    Ok(reply::body(json!({
        "IpList": all(&[Some(source), destination]),
        "SrcIpList": all(&[Some(source)]),
        "DestIpList": all(&[destination]),
    })))
}
