//! The nonce of a signed request: DTS refuses one it has seen.

use super::error::{Error, Kind};

/// 128 random bits in hex.
///
/// # Errors
/// [`Kind::Internal`] if the operating system gives no random bytes.
pub(super) fn nonce(action: &str) -> Result<String, Error> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|cause| {
        Error::new(
            Kind::Internal,
            action,
            format!("no random bytes from the operating system: {cause}"),
        )
    })?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_are_32_hex_digits_and_differ() {
        let (one, other) = (nonce("Test").unwrap(), nonce("Test").unwrap());
        assert!(
            one.len() == 32 && one.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{one}"
        );
        assert_ne!(one, other);
    }
}
