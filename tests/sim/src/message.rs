//! Error bodies: DMTF's frame with Dell's message ids, in our own words.

use serde_json::{Value, json};

use crate::tree::profile::Profile;

/// Text, severity and advice for an id; the ids and their meaning are Dell's, the words are ours.
fn wording(id: &str) -> (&'static str, &'static str, &'static str) {
    match id {
        "SYS415" => ("The user name or the password is wrong.", "Warning", "Send valid credentials."),
        "SYS416" => ("No user name and password came with the request.", "Warning", "Log in first."),
        "SYS468" => (
            "A session cannot be created while the request carries an Authorization header.",
            "Informational",
            "Leave the header out.",
        ),
        "RAC0218" => {
            ("All user sessions are in use.", "Informational", "End a session or wait until one times out.")
        }
        "RAC0212" => ("The login was refused.", "Informational", "Wait until the address is let in again."),
        "SYS402" => ("This HTTP method is not allowed here.", "Informational", "Use another method."),
        "SYS403" => ("There is no such resource.", "Critical", "Follow the links of the service."),
        "SYS405" => ("The body is not the JSON that was expected.", "Critical", "Correct the body."),
        "SYS407" => ("The value of a query parameter is not valid.", "Warning", "Correct the query."),
        "SYS417" => ("The value of a query parameter is out of range.", "Warning", "Stay in the range."),
        "SYS428" => ("A required property is missing.", "Warning", "Add the property."),
        "SYS429" => ("The value of a property is not in its list.", "Warning", "Use an allowed value."),
        "SYS446" => ("The operation failed inside the controller.", "Critical", "Try again later."),
        "SYS451" => ("The query parameter is not supported here.", "Warning", "Leave it out."),
        "SYS473" => ("The operation is not supported on this resource.", "Warning", "Do not ask for it."),
        "SYS479" => ("The account may not do this.", "Critical", "Use an account with the privilege."),
        "SYS413" => ("The operation succeeded.", "Informational", "None."),
        "PSU501" => ("The host is in that power state already.", "Informational", "Read the state first."),
        "SWC0700" => ("The controller is not ready yet.", "Critical", "Try again in a few minutes."),
        "RAC0508" | "RAC0509" => ("A provider is not ready yet.", "Critical", "Try again later."),
        "LIC501" => ("A licence is missing for this.", "Warning", "Install the licence."),
        "SYS554" => ("Events come only in part: alerts are off.", "Warning", "Switch alerts on."),
        "SYS461" => ("Telemetry needs a licence.", "Warning", "Install the licence."),
        "SRV104" => ("The licence agreement is not accepted.", "Informational", "Accept it."),
        "JCP015" => ("The job cannot be deleted in its state.", "Warning", "Wait until it ends."),
        "SYS011" => ("Staged values are committed to a job.", "Warning", "Wait for the job, or delete it."),
        "SYS409" => ("The name of an attribute is not known.", "Warning", "See the attribute registry."),
        "SYS410" => ("The attribute is read-only, and depends on others.", "Warning", "See the registry."),
        "SYS424" => ("The value is of another type.", "Warning", "Use the right type."),
        "SYS425" => ("The value is not valid.", "Warning", "Use a valid value."),
        "BIOS008" => ("Nothing is staged.", "Warning", "Stage a value first."),
        "BIOS011" => ("Staged values are committed to a job.", "Warning", "Delete the job first."),
        "BIOS012" => ("Nothing is staged.", "Informational", "None."),
        "BIOS018" => ("That cannot be a BIOS password.", "Warning", "Use another password."),
        "BIOS021" => ("The old BIOS password is wrong.", "Warning", "Use the present password."),
        _ => ("The request was not carried out.", "Warning", "See the message id."),
    }
}

/// One entry of ExtendedInfo.
pub(crate) fn entry(profile: &Profile, id: &str) -> Value {
    let (text, severity, advice) = wording(id);
    let registry = match id {
        _ if id.contains('.') => String::new(),
        _ if is_base(id) => format!("{}.", profile.base_registry),
        _ => format!("{}.", profile.eemi_registry),
    };
    json!({
        "Message": text,
        "MessageArgs": [],
        "MessageArgs@odata.count": 0,
        "MessageId": format!("{registry}{id}"),
        "RelatedProperties": [],
        "RelatedProperties@odata.count": 0,
        "Resolution": advice,
        "Severity": severity,
    })
}

/// DMTF ids are words, Dell's end in digits.
fn is_base(id: &str) -> bool {
    !id.ends_with(|c: char| c.is_ascii_digit())
}

/// The body of an error answer.
pub(crate) fn error(profile: &Profile, ids: &[&str]) -> Value {
    let infos: Vec<Value> = ids.iter().map(|id| entry(profile, id)).collect();
    json!({"error": {
        "@Message.ExtendedInfo": infos,
        "code": format!("{}.GeneralError", profile.base_registry),
        "message": "A general error has occurred. See ExtendedInfo for more information",
    }})
}

/// The shape of old firmware: one object where a list belongs.
pub(crate) fn error_as_object(profile: &Profile, id: &str) -> Value {
    json!({"error": {
        "@Message.ExtendedInfo": entry(profile, id),
        "code": format!("{}.GeneralError", profile.base_registry),
        "message": "A general error has occurred. See ExtendedInfo for more information",
    }})
}
