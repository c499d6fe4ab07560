//! The iDRAC's key management: by a server (SEKM), or its own (iLKM).

use crate::accepted::Accepted;
use crate::message::{ExtendedInfo, read_extended};
use crate::ops::action::{action, text};

action! {
    /// `DelliDRACCardService.GenerateSEKMCSR`.
    GenerateSekmCsr = "DelliDRACCardService.GenerateSEKMCSR", Change, [],
        |response| text(&response, "CSRString") => String
}

action! {
    /// `DelliDRACCardService.EnableSEKM`: a job.
    EnableSekm = "DelliDRACCardService.EnableSEKM", Change, [],
        |response| Ok(Accepted::read(&response)) => Accepted
}

action! {
    /// `DelliDRACCardService.DisableSEKM`: a job. Drives locked with its keys stay locked.
    DisableSekm = "DelliDRACCardService.DisableSEKM", Disrupt, [],
        |response| Ok(Accepted::read(&response)) => Accepted
}

action! {
    /// `DelliDRACCardService.EnableiLKM`: a job.
    EnableIlkm = "DelliDRACCardService.EnableiLKM", Change, ["Passphrase"],
        |response| Ok(Accepted::read(&response)) => Accepted
}

action! {
    /// `DelliDRACCardService.DisableiLKM`: a job. Drives locked with its keys stay locked.
    DisableIlkm = "DelliDRACCardService.DisableiLKM", Disrupt, [],
        |response| Ok(Accepted::read(&response)) => Accepted
}

action! {
    /// `DelliDRACCardService.Rekey`: a job.
    Rekey = "DelliDRACCardService.Rekey", Change, ["NewPassphrase", "OldPassphrase"],
        |response| Ok(Accepted::read(&response)) => Accepted
}

action! {
    /// `DelliDRACCardService.TestSEKMServerConnection`.
    TestSekmServer = "DelliDRACCardService.TestSEKMServerConnection", Read, [],
        |response| Ok(read_extended(&response.body)) => Vec<ExtendedInfo>
}
