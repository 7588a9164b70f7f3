//! What to do next, by what went wrong.

use super::error::bare;
use super::outcome::is_credentials;

/// Advice by code. The first entry that matches counts; an entry that ends in `*` matches every code that begins so.
const BY_CODE: &[(&str, &str)] = &[
    (
        "InvalidAccessKeyId.Inactive",
        "The AccessKey is disabled: enable it in the RAM console, or use another one.",
    ),
    (
        "InvalidAccessKeyId*",
        "No AccessKey has this id: correct it, or use another one.",
    ),
    (
        "SignatureDoesNotMatch",
        "The AccessKey secret does not belong to the AccessKey id: correct one of them.",
    ),
    (
        "IncompleteSignature",
        "The AccessKey id or secret is malformed: check both for missing or extra characters.",
    ),
    (
        "InvalidSecurityToken*",
        "The security token is expired or not of this AccessKey: get new temporary credentials.",
    ),
    (
        "MissingSecurityToken",
        "This AccessKey is temporary: give its security token too.",
    ),
    (
        "InvalidTimeStamp*",
        "The clock of this machine is wrong: DTS takes requests within 15 minutes of its own time. Synchronize it.",
    ),
    (
        "SignatureNonceUsed",
        "A proxy or gateway between this machine and DTS sent the request twice. Look whether it took effect, then try \
         again.",
    ),
    (
        "LXBuyError",
        "The order was refused and nothing was bought. Check the account's balance (ARREARAGE: it is in arrears), its \
         real-name verification and that the class is sold in this region.",
    ),
    (
        "InvalidJobId",
        "There is no such job in this region: check the id, the region and the endpoint.",
    ),
    (
        "Forbidden.InstanceNotFound",
        "There is no such instance in this region: check the id, the region and the endpoint.",
    ),
    (
        "InvalidApi.NotFound",
        "This endpoint does not know the operation: check endpoint and region.",
    ),
    (
        "InvalidAction.NotFound",
        "This endpoint does not know the operation: check endpoint and region.",
    ),
    (
        "OperationDenied.JobStatus*",
        "The job is in a state that does not allow it: wait for the present change to end.",
    ),
    (
        "InvalidJobStatus",
        "The job is in a state that does not allow it: wait, or start it first.",
    ),
    (
        "InvalidTaskStatus",
        "The job is in a state that does not allow it: wait, or start it first.",
    ),
    (
        "ModifyDenied.JobStatusNotRunning",
        "Only a running job can be changed: start it first.",
    ),
    (
        "UpdateJob.OperationDenied.InitStatus",
        "The job is not configured or still initializing: configure it, or wait.",
    ),
    (
        "CheckJobFailed.ServerUnAvailable",
        "The precheck service is not available at the moment: try again later.",
    ),
    (
        "InvalidEndpoint",
        "Check the instance type, instance id, region, address and port of both endpoints.",
    ),
    (
        "InvalidInstanceClass",
        "DTS does not sell this class for the job: a migration takes small, medium, large, xlarge or xxlarge, a synchronization micro, \
         small, medium or large. Set one that is sold for it in this region.",
    ),
    (
        "UnSupportedTaskType",
        "The type of the job does not fit: an instance serves only the type that it was bought for (MIGRATION or SYNC). Make job_type \
         and the instance's type the same, or take another instance.",
    ),
    (
        "InvalidParameter*",
        "DTS does not take the value of a parameter; the message may name it, in DTS's spelling. Compare the arguments with what DTS \
         allows for these engines, regions and this class.",
    ),
    ("Throttling*", THROTTLED),
    ("Rejected.Throttling", THROTTLED),
];

/// For every kind of throttling.
pub(super) const THROTTLED: &str =
    "DTS limits calls per account and region. Try again later, with fewer operations at the same time.";

/// For an endpoint that could not be reached.
pub(super) const UNREACHABLE: &str =
    "Check endpoint and region, name resolution, proxy and firewall on the way to the endpoint.";

/// For an answer that is not of DTS.
pub(super) const NOT_DTS: &str =
    "Something else than DTS answers at this address: check endpoint, and any proxy on the way.";

/// For an error, or nothing, that no DTS wrote.
pub(super) const STRANGER: &str = "Either something else than DTS answers at this address: check endpoint, and any proxy on the way. Or DTS is \
     disturbed and a gateway answers in its place: then try again later.";

/// For a read without an answer.
pub(super) const UNAVAILABLE: &str = "DTS or the way to it is disturbed: try again later.";

/// For a write without an answer.
pub(super) const OUTCOME_UNKNOWN: &str =
    "It may or may not have taken effect. Look at the job and the instances before repeating it.";

/// What to do about `code` of `action`, which was signed with the keys of `origin`.
pub(super) fn by_code(code: &str, action: &str, origin: Option<&str>) -> Option<String> {
    let code = bare(code);
    if is_permission(code) {
        return Some(format!(
            "The RAM identity lacks the permission: allow dts:{action} (AliyunDTSFullAccess holds it)."
        ));
    }
    let matches = |pattern: &str| match pattern.strip_suffix('*') {
        Some(prefix) => code.starts_with(prefix),
        None => code == pattern,
    };
    let (_, advice) = BY_CODE.iter().find(|(pattern, _)| matches(pattern))?;
    let origin = origin.filter(|_| is_credentials(code));
    let origin = origin.map_or_else(String::new, |origin| format!(" The keys come from {origin}."));
    Some(format!("{advice}{origin}"))
}

/// Codes of a RAM denial.
fn is_permission(code: &str) -> bool {
    matches!(
        code,
        "Forbidden" | "Forbidden.RAM" | "NoPermission" | "Forbidden.NoPermission" | "Forbidden.Access"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, part: Option<&str>) {
        match (by_code(code, "StopDtsJob", Some("the file")), part) {
            (Some(advice), Some(part)) => assert!(advice.contains(part), "{code}: {advice}"),
            (None, None) => {}
            (found, _) => panic!("{code}: {found:?} instead of {part:?}"),
        }
    }

    #[test]
    fn keys_that_are_not_taken_are_told_with_their_origin() {
        for code in [
            "InvalidAccessKeyId.NotFound",
            "InvalidAccessKeyId.Inactive",
            "SignatureDoesNotMatch",
            "IncompleteSignature",
            "InvalidSecurityToken.Malformed",
            "MissingSecurityToken",
        ] {
            check(code, Some(" The keys come from the file."));
            let advice = by_code(code, "StopDtsJob", None).unwrap();
            assert!(!advice.contains("come from"), "{advice}");
        }
        let other = by_code("LXBuyError", "CreateDtsInstance", Some("the file")).unwrap();
        assert!(!other.contains("come from"), "{other}");
    }

    #[test]
    fn a_code_has_its_advice() {
        check("InvalidAccessKeyId.NotFound", Some("No AccessKey has this id"));
        check("InvalidAccessKeyId.Inactive", Some("disabled"));
        check("SignatureDoesNotMatch", Some("secret does not belong"));
        check("InvalidSecurityToken.Expired", Some("temporary credentials"));
        check("InvalidTimeStamp.Expired", Some("clock"));
        check("Forbidden.RAM", Some("dts:StopDtsJob"));
        check("LXBuyError", Some("ARREARAGE"));
        check("Throttling.User", Some("limits"));
        check(
            "DTS.Msg.OperationDenied.JobStatusModifying",
            Some("present change"),
        );
        check("DTS.Msg.InvalidEndpoint", Some("both endpoints"));
        check("InvalidParameter", Some("message"));
        check("InvalidInstanceClass", Some("micro"));
        check("UnSupportedTaskType", Some("job_type"));
        check("SomethingOdd", None);
    }
}
