//! TLS 1.0 and 1.1 only, as old iDRACs speak it: OpenSSL at security level 0.
//!
//! One RSA key and certificate serve all such servers of the process.

use std::pin::Pin;
use std::sync::OnceLock;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{Ssl, SslAcceptor, SslContext, SslMethod, SslOptions, SslSessionCacheMode, SslVersion};
use openssl::x509::{X509, X509NameBuilder};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

/// The stream after the handshake; none when the client would not speak so old a version.
pub(crate) async fn accept(stream: TcpStream) -> Option<SslStream<TcpStream>> {
    static CONTEXT: OnceLock<Option<SslContext>> = OnceLock::new();
    let context = CONTEXT.get_or_init(|| context().ok()).as_ref()?;
    let mut stream = SslStream::new(Ssl::new(context).ok()?, stream).ok()?;
    Pin::new(&mut stream).accept().await.ok()?;
    Some(stream)
}

fn context() -> Result<SslContext, ErrorStack> {
    let key = PKey::from_rsa(Rsa::generate(2048)?)?;
    let certificate = certificate(&key)?;
    let mut builder = SslAcceptor::mozilla_intermediate(SslMethod::tls_server())?;
    builder.clear_options(SslOptions::NO_TLSV1 | SslOptions::NO_TLSV1_1);
    builder.set_cipher_list("DEFAULT:@SECLEVEL=0")?;
    builder.set_min_proto_version(Some(SslVersion::TLS1))?;
    builder.set_max_proto_version(Some(SslVersion::TLS1_1))?;
    builder.set_session_cache_mode(SslSessionCacheMode::OFF);
    builder.set_options(SslOptions::NO_TICKET);
    builder.set_private_key(&key)?;
    builder.set_certificate(&certificate)?;
    Ok(builder.build().into_context())
}

fn certificate(key: &PKey<Private>) -> Result<X509, ErrorStack> {
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_text("CN", "idrac-legacy")?;
    let name = name.build();
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    let serial = BigNum::from_u32(1)?.to_asn1_integer()?;
    builder.set_serial_number(&serial)?;
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(&name)?;
    let (from, until) = (Asn1Time::days_from_now(0)?, Asn1Time::days_from_now(3650)?);
    builder.set_not_before(&from)?;
    builder.set_not_after(&until)?;
    builder.set_pubkey(key)?;
    // SHA-1 signatures were what such firmware carried.
    builder.sign(key, MessageDigest::sha1())?;
    Ok(builder.build())
}
