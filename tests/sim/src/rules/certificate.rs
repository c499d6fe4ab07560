//! Certificates of the web server: requests, new ones at once or after a restart of the iDRAC, back to the self-signed one.

use std::collections::HashMap;

use hyper::Method;
use serde_json::{Map, Value, json};

use super::{Area, answer};
use crate::handle::Asked;
use crate::read::error;
use crate::reply::Reply;
use crate::server::Server;
use crate::spec::Generation;
use crate::tree::MANAGER;

/// What of it changes while a server runs.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Texts that were installed, by Dell's type.
    installed: HashMap<String, String>,
    /// The new certificate waits for a restart of the iDRAC.
    pub(crate) waits_for_restart: bool,
}

pub(crate) const AREA: Area = Area { change, ..Area::NOTHING };

fn change(server: &Server, asked: &Asked) -> Option<Reply> {
    if asked.method != Method::POST {
        return None;
    }
    let path = asked.path.as_str();
    let reply = if let Some(action) =
        path.strip_prefix("/redfish/v1/CertificateService/Actions/CertificateService.")
    {
        server.tree.has("/redfish/v1/CertificateService").then_some(())?;
        service(server, asked, action)?
    } else {
        let service = format!("{MANAGER}/Oem/Dell/DelliDRACCardService");
        let action = path.strip_prefix(&service)?.strip_prefix("/Actions/DelliDRACCardService.")?;
        server.tree.has(&service).then_some(())?;
        card(server, asked, action)?
    };
    Some(reply.unwrap_or_else(|refused| refused))
}

fn service(server: &Server, asked: &Asked, action: &str) -> Option<Result<Reply, Reply>> {
    match action {
        "GenerateCSR" => Some(generate(server, asked)),
        "ReplaceCertificate" => Some(replace(server, asked)),
        _ => None,
    }
}

fn generate(server: &Server, asked: &Asked) -> Result<Reply, Reply> {
    let body = answer::object(server, asked)?;
    for key in ["CommonName", "Organization", "OrganizationalUnit", "City", "State", "Country"] {
        answer::text(server, &body, key)?;
    }
    let collection = body.get("CertificateCollection").cloned();
    let collection = collection.ok_or_else(|| error(server, 400, &["ActionParameterMissing"]))?;
    let csr = armour("CERTIFICATE REQUEST", &format!("for {}", answer::text(server, &body, "CommonName")?));
    let mut reply = Map::new();
    reply.insert("CSRString".into(), csr.into());
    reply.insert("CertificateCollection".into(), collection);
    Ok(answer::said(server, &["Success"], reply))
}

fn replace(server: &Server, asked: &Asked) -> Result<Reply, Reply> {
    let body = answer::object(server, asked)?;
    let text = answer::text(server, &body, "CertificateString")?;
    install(server, "Server", text, true)
}

fn card(server: &Server, asked: &Asked, action: &str) -> Option<Result<Reply, Reply>> {
    match action {
        "ImportSSLCertificate" => Some(import(server, asked, "SSLCertificateFile")),
        "ImportCertificate" => Some(import(server, asked, "CertificateFile")),
        "ExportSSLCertificate" => Some(export(server, asked, "SSLCertType")),
        "ExportCertificate" => Some(export(server, asked, "CertificateType")),
        "DeleteSSLCertificate" | "DeleteCertificate" => Some(delete(server, asked)),
        "UploadSSLKey" => Some(key(server, asked)),
        "SSLResetCfg" => {
            server.state().certificate.installed.clear();
            server.renew();
            Some(Ok(answer::said(server, &["Success", "RAC070"], Map::new())))
        }
        _ => None,
    }
}

fn import(server: &Server, asked: &Asked, file: &str) -> Result<Reply, Reply> {
    let body = answer::object(server, asked)?;
    let kind = answer::text(server, &body, "CertificateType")?;
    let text = answer::text(server, &body, file)?;
    install(server, &kind, text, body.contains_key("Passphrase"))
}

fn install(server: &Server, kind: &str, text: String, is_file: bool) -> Result<Reply, Reply> {
    if !is_file && !text.contains("-----BEGIN CERTIFICATE-----") {
        return Err(error(server, 400, &["RAC0622"]));
    }
    if text.contains("other key") {
        return Err(error(server, 400, &["RAC1284"]));
    }
    let shown = matches!(kind, "Server" | "CustomCertificate" | "CSC");
    let mut state = server.state();
    state.certificate.installed.insert(kind.to_owned(), text);
    state.version += 1;
    // The web server of newer firmware restarts by itself; the whole iDRAC has to before.
    let at_once = matches!(server.profile.generation, Generation::Idrac9V7 | Generation::Idrac10);
    state.certificate.waits_for_restart |= shown && !at_once;
    drop(state);
    Ok(match (shown, at_once) {
        (true, true) => {
            server.renew();
            answer::said(server, &["Success", "SWC1956"], Map::new())
        }
        (true, false) => answer::said(server, &["Success", "LC077"], Map::new()),
        (false, _) => answer::said(server, &["Success", "LC010"], Map::new()),
    })
}

fn export(server: &Server, asked: &Asked, key: &str) -> Result<Reply, Reply> {
    let kind = answer::text(server, &answer::object(server, asked)?, key)?;
    let installed = server.state().certificate.installed.get(&kind).cloned();
    let text = match installed {
        Some(text) => text,
        None if kind == "Server" => armour("CERTIFICATE", "self-signed"),
        None => return Err(error(server, 400, &["RAC1286"])),
    };
    let mut reply = Map::new();
    reply.insert("CertificateFile".into(), text.into());
    Ok(answer::said(server, &["Success", "LC067"], reply))
}

fn delete(server: &Server, asked: &Asked) -> Result<Reply, Reply> {
    let kind = answer::text(server, &answer::object(server, asked)?, "CertificateType")?;
    let gone = server.state().certificate.installed.remove(&kind).is_some();
    if !gone {
        return Err(error(server, 400, &["RAC1286"]));
    }
    let shown = matches!(kind.as_str(), "CustomCertificate" | "CSC");
    server.state().certificate.waits_for_restart |= shown;
    Ok(answer::said(server, &["Success", if shown { "LC075" } else { "LC093" }], Map::new()))
}

fn key(server: &Server, asked: &Asked) -> Result<Reply, Reply> {
    let text = answer::text(server, &answer::object(server, asked)?, "SSLKeyString")?;
    if text.contains("PRIVATE KEY") {
        Ok(answer::done(server))
    } else {
        Err(error(server, 400, &["RAC0622"]))
    }
}

/// A text in armour; what is inside says what it stands for.
fn armour(label: &str, what: &str) -> String {
    use base64::Engine as _;
    let inside = base64::engine::general_purpose::STANDARD.encode(what);
    format!("-----BEGIN {label}-----\n{inside}\n-----END {label}-----\n")
}

/// The list of certificates, for the tree.
pub(crate) fn web_certificate(path: &str) -> Value {
    let who = json!({"CommonName": "«host»", "Organization": "Simulated", "City": "Nowhere", "Country": "US",
        "OrganizationalUnit": "Remote Access Group", "State": "None", "Email": null});
    json!({"@odata.id": path, "CertificateUsageTypes": ["Web"], "Description": "Web server certificate",
        "Issuer": who, "Name": "Server Certificates", "SerialNumber": "01", "Subject": who,
        "ValidNotAfter": "2033-3-31T14:53:00+00:00", "ValidNotBefore": "2023-3-30T14:53:00+00:00"})
}
