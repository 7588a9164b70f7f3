//! Mutual TLS by go-plugin's rules: each side makes a certificate for this one run, and each trusts
//! exactly the other's.
//!
//! rustls' own check of client certificates cannot be used. Terraform's certificate is marked as an
//! authority, which that check refuses in a client, and it trusts issuers where we want equality.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ParsedCertificate};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};

use super::error::Error;

/// TLS for one run of the process.
#[derive(Clone)]
pub struct Tls {
    /// For accepting connections.
    pub config: Arc<ServerConfig>,
    /// Our certificate in DER, which goes into the handshake line.
    pub certificate: CertificateDer<'static>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// Makes our certificate, and lets in the client with the certificate `client_pem` and no other.
    ///
    /// # Errors
    /// [`Error::ClientCertificate`] if `client_pem` is not exactly one certificate;
    /// [`Error::Tls`] if the libraries refuse.
    pub fn new(client_pem: &str) -> Result<Self, Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = PinnedClient::new(client_pem, &provider)?;
        let failed = |cause: String| Error::Tls { cause };

        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)
            .map_err(|error| failed(error.to_string()))?;
        // The parent asks for this name, whatever the address is.
        let mut parameters = rcgen::CertificateParams::new(["localhost".to_owned()])
            .map_err(|error| failed(error.to_string()))?;
        parameters
            .distinguished_name
            .push(rcgen::DnType::CommonName, "localhost");
        parameters.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = parameters
            .self_signed(&key)
            .map_err(|error| failed(error.to_string()))?;
        let certificate = certificate.der().clone();

        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(error.to_string()))?
            .with_client_cert_verifier(Arc::new(verifier))
            .with_single_cert(
                vec![certificate.clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            )
            .map_err(|error| failed(error.to_string()))?;
        // gRPC in Go refuses a server that does not name HTTP/2 (from Terraform 1.12 on).
        config.alpn_protocols = vec![b"h2".to_vec()];
        // One client, one connection: a session is never taken up again.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self {
            config: Arc::new(config),
            certificate,
        })
    }
}

/// Lets in one certificate, compared byte by byte. That its owner holds the key is shown by the
/// signature in the TLS handshake, which the crypto provider checks.
struct PinnedClient {
    expected: CertificateDer<'static>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl PinnedClient {
    fn new(pem: &str, provider: &CryptoProvider) -> Result<Self, Error> {
        let refused = |cause: String| Error::ClientCertificate { cause };
        let mut found = CertificateDer::pem_slice_iter(pem.as_bytes());
        let expected = match found.next() {
            Some(Ok(certificate)) => certificate,
            Some(Err(error)) => return Err(refused(error.to_string())),
            None => return Err(refused("there is no certificate in PEM form".to_owned())),
        };
        if found.next().is_some() {
            return Err(refused("there is more than one certificate".to_owned()));
        }
        ParsedCertificate::try_from(&expected).map_err(|error| refused(error.to_string()))?;
        Ok(Self {
            expected,
            algorithms: provider.signature_verification_algorithms,
        })
    }
}

impl fmt::Debug for PinnedClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinnedClient").finish_non_exhaustive()
    }
}

impl ClientCertVerifier for PinnedClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        // Equality is all: issuer, name and dates say nothing more about a certificate made for this run.
        if end_entity.as_ref() == self.expected.as_ref() {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> String {
        rcgen::generate_simple_self_signed(["localhost".to_owned()])
            .unwrap()
            .cert
            .pem()
    }

    #[test]
    fn client_certificate_must_be_exactly_one() {
        let check = |pem: &str, expected: Result<(), &str>| match (Tls::new(pem), expected) {
            (Ok(_), Ok(())) => {}
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (result, expected) => panic!("{pem}: {result:?}, expected {expected:?}"),
        };
        let one = certificate();
        check(&one, Ok(()));
        check(&format!("{one}\n{}", certificate()), Err("more than one"));
        check("", Err("no certificate"));
        check("not a certificate", Err("no certificate"));
        check(
            "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
            Err("PLUGIN_CLIENT_CERT"),
        );
        // Valid base64 of something that is no certificate.
        check(
            "-----BEGIN CERTIFICATE-----\nAQIDBA==\n-----END CERTIFICATE-----\n",
            Err("PLUGIN_CLIENT_CERT"),
        );
    }

    #[test]
    fn each_run_has_its_own_certificate() {
        let client = certificate();
        let (one, other) = (Tls::new(&client).unwrap(), Tls::new(&client).unwrap());
        assert_ne!(one.certificate, other.certificate);
        assert_eq!(one.config.alpn_protocols, [b"h2".to_vec()]);
    }
}
