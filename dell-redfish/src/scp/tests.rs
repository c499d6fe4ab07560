//! Made-up profiles, honest and hostile.

use bytes::Bytes;

use super::*;

const XML: &str = r#"<SystemConfiguration Model="PowerEdge R750" ServiceTag="ABC1234" TimeStamp="Mon Jan  5 10:00:00 2026">
<!--Export type is Normal,Non-Recoverable-->
 <Component FQDD="BIOS.Setup.1-1">
  <Attribute Name="BootMode">Uefi</Attribute>
  <Attribute Name="UefiBootSeq">NIC.PxeDevice.1-1, RAID.SL.3-1</Attribute>
  <Attribute Name="AssetTag">A &amp; B &lt;1&gt; &#x41;</Attribute>
  <!-- <Attribute Name="SystemModelName">PowerEdge R750</Attribute>-->
  <!-- <Attribute Name="SetupPassword">******</Attribute>-->
 </Component>
 <Component FQDD="iDRAC.Embedded.1">
  <Attribute Name="Users.2#UserName">root</Attribute>
  <Attribute Name="Users.2#Password">c4lv!n-new</Attribute>
  <Attribute Name="Users.3#SHA256Password">0D1C</Attribute>
  <Attribute Name="Users.3#UserName">backup</Attribute>
  <Attribute Name="SNMP.1#AgentCommunity">c4lv!n-snmp</Attribute>
  <Attribute Name="Security.1#PasswordMinimumLength">8</Attribute>
  <Attribute Name="SysInfo.1#Note"> </Attribute>
 </Component>
 <Component FQDD="RAID.SL.3-1">
  <Attribute Name="RAIDresetConfig">False</Attribute>
  <Component FQDD="Disk.Virtual.0:RAID.SL.3-1">
   <Attribute Name="IncludedPhysicalDiskID">Disk.Bay.0</Attribute>
   <Attribute Name="IncludedPhysicalDiskID">Disk.Bay.1</Attribute>
  </Component>
 </Component>
</SystemConfiguration>
"#;

fn parse(text: &str) -> Profile {
    Profile::parse(Bytes::copy_from_slice(text.as_bytes())).unwrap()
}

fn value<'a>(profile: &'a Profile, name: &str) -> Option<&'a str> {
    profile.attributes().find(|(_, each)| each.name() == name).map(|(_, each)| each.value())
}

fn json(components: &str) -> String {
    format!(r#"{{"SystemConfiguration":{{"Model":"PowerEdge R750","Components":{components}}}}}"#)
}

#[test]
fn xml_reads_with_everything_it_says() {
    let profile = parse(XML);
    assert_eq!(profile.format(), ProfileFormat::Xml);
    assert_eq!(
        (profile.model(), profile.service_tag(), profile.time_stamp()),
        (Some("PowerEdge R750"), Some("ABC1234"), Some("Mon Jan  5 10:00:00 2026"))
    );
    assert_eq!(profile.comments(), ["Export type is Normal,Non-Recoverable"]);
    assert_eq!(value(&profile, "AssetTag"), Some("A & B <1> A"));
    let fqdds: Vec<_> = profile.all_components().iter().map(|each| each.fqdd()).collect();
    assert_eq!(fqdds, ["BIOS.Setup.1-1", "iDRAC.Embedded.1", "RAID.SL.3-1", "Disk.Virtual.0:RAID.SL.3-1"]);
    let not_applied: Vec<_> = profile
        .attributes()
        .filter(|(_, each)| !each.is_set_on_import())
        .map(|(_, each)| each.name())
        .collect();
    assert_eq!(not_applied, ["SystemModelName", "SetupPassword"]);
    assert_eq!(profile.raw().as_ref(), XML.as_bytes(), "the bytes stay as they came");
}

#[test]
fn json_reads_every_spelling() {
    let profile = parse(
        r#"  {"SystemConfiguration":{"Comments":[{"Comment":"Export type is Normal,JSON"}],"Model":"PowerEdge R760",
        "CustomTelemetry":{"a":[{}]},"Components":[{"FQDD":"NIC.Slot.1-1-1","Attributes":[
        {"Name":"BlnkLeds","Value":15,"Set On Import":"True","Comment":"Read and Write"},
        {"Name":"ChipMdl","Value":"X","Set On Import":"False","Comment":"Read Only"},
        {"Name":"WakeOnLan","Value":true,"Set On Import":true},
        {"Name":"Nothing","Value":null},{"Name":"List","Value":["a",2]}]}]}}"#,
    );
    assert_eq!(profile.format(), ProfileFormat::Json);
    assert_eq!(profile.unknown_parts(), ["CustomTelemetry"]);
    let read: Vec<_> = profile
        .attributes()
        .map(|(_, each)| (each.name(), each.value(), each.is_set_on_import(), each.is_read_only()))
        .collect();
    assert_eq!(
        read,
        [
            ("BlnkLeds", "15", true, false),
            ("ChipMdl", "X", false, true),
            ("WakeOnLan", "True", true, false),
            ("Nothing", "", true, false),
            ("List", "a", true, false),
            ("List", "2", true, false),
        ]
    );
}

#[test]
fn each_form_gives_the_other_back() {
    let profile = parse(XML);
    let as_json = Profile::parse(profile.to_bytes(ProfileFormat::Json).unwrap()).unwrap();
    assert_eq!(as_json.format(), ProfileFormat::Json);
    assert_eq!(as_json.components(), profile.components());
    let again = Profile::parse(as_json.to_bytes(ProfileFormat::Xml).unwrap()).unwrap();
    assert_eq!(again.components(), profile.components());
    assert_eq!((again.model(), again.comments()), (profile.model(), profile.comments()));
    // A value that would end a comment or an attribute.
    let tricky = Component::new("X.1")
        .with_attribute(Attribute::new("a", "--> <b>\n\"&--").with_set_on_import(false))
        .with_attribute(Attribute::new("c", " ]]> "));
    let written = Profile::from_components(vec![tricky.clone()], ProfileFormat::Xml).unwrap();
    assert_eq!(Profile::parse(written.raw().clone()).unwrap().components(), [tricky]);
    let words = parse("{\"SystemConfiguration\":{\"Comments\":[{\"Comment\":\"a --> <Component/> -\"}]}}");
    let as_xml = Profile::parse(words.to_bytes(ProfileFormat::Xml).unwrap()).unwrap();
    assert_eq!(
        (as_xml.comments(), as_xml.components().len()),
        (&["a - -> <Component/> -".to_owned()][..], 0)
    );
    let unwritable = Component::new("X.1").with_attribute(Attribute::new("a", "\u{1}"));
    assert!(Profile::from_components(vec![unwritable], ProfileFormat::Xml).is_err());
}

#[test]
fn the_import_buffer_has_no_white_space_between_elements() {
    let buffer = parse(XML).import_buffer().unwrap();
    assert!(
        !buffer.contains(['\n', '\t']) && !buffer.contains("> <Attr") && !buffer.contains("<!--"),
        "{buffer}"
    );
    assert!(buffer.contains(r#"<Attribute Name="SysInfo.1#Note"> </Attribute>"#), "a blank may be a value");
    assert!(buffer.contains("A &amp; B &lt;1&gt; &#x41;"), "text stays as it is written");
    let sent = parse(&buffer);
    assert!(parse(XML).diff(&sent).changes.is_empty());
    let telemetry = parse("<SystemConfiguration>\n <Telemetry> <A/> </Telemetry>\n</SystemConfiguration>");
    assert_eq!(telemetry.unknown_parts(), ["Telemetry"]);
    assert_eq!(
        telemetry.import_buffer().unwrap(),
        "<SystemConfiguration><Telemetry><A/></Telemetry></SystemConfiguration>"
    );
    let text = json("[]");
    assert_eq!(parse(&text).import_buffer().unwrap(), text, "JSON goes as it came");
}

#[test]
fn the_bytes_tell_what_a_profile_is() {
    let quoted = serde_json::to_string(XML).unwrap();
    let profile = parse(&quoted);
    assert_eq!(profile.format(), ProfileFormat::Xml, "an XML profile kept as one JSON string");
    assert_eq!(profile.raw().as_ref(), XML.as_bytes());
    let mut utf16 = vec![0xFF, 0xFE];
    utf16.extend(XML.encode_utf16().flat_map(u16::to_le_bytes));
    let profile = Profile::parse(utf16).unwrap();
    assert_eq!(value(&profile, "BootMode"), Some("Uefi"));
    assert!(profile.import_buffer().unwrap().starts_with("<SystemConfiguration"));
}

#[test]
fn what_is_no_profile_is_refused_without_repeating_it() {
    let deep = format!(
        "<SystemConfiguration>{}{}</SystemConfiguration>",
        r#"<Component FQDD="a">"#.repeat(40),
        "</Component>".repeat(40)
    );
    let many = json(&format!("[{}]", vec![r#"{"FQDD":"a"}"#; MAX_ENTRIES + 1].join(",")));
    let bomb = r#"<!DOCTYPE x [<!ENTITY a "c4lv!n">]><SystemConfiguration>&a;</SystemConfiguration>"#;
    let nested_json = format!("{}{}", r#"{"SystemConfiguration":"#.repeat(400), "}".repeat(400));
    for bad in [
        "",
        "   ",
        "c4lv!n",
        "[]",
        "\"\\\"c4lv!n\\\"\"",
        "{}",
        r#"{"SystemConfiguration":null}"#,
        r#"{"SystemConfiguration":{"Components":[{"Attributes":[]}]}}"#,
        r#"{"SystemConfiguration":{"Components":[{"FQDD":"a","Attributes":"c4lv!n"}]}}"#,
        r#"{"SystemConfiguration":{"Components":[{"FQDD":"a","Attributes":[{"Name":"n","Value":{"c4lv!n":1}}]}]}}"#,
        "<html>c4lv!n</html>",
        "<SystemConfiguration>",
        "<SystemConfiguration/><SystemConfiguration/>",
        "<SystemConfiguration/>c4lv!n",
        "<SystemConfiguration><Component></Component></SystemConfiguration>",
        "<SystemConfiguration><Attribute Name=\"a\">c4lv!n</Attribute></SystemConfiguration>",
        r#"<SystemConfiguration><Component FQDD="a"><Attribute Name="a">&c4lv!n;</Attribute></Component></SystemConfiguration>"#,
        r#"<SystemConfiguration><Component FQDD="a"><Attribute Name="a"><c4lv!n/></Attribute></Component></SystemConfiguration>"#,
        r#"<SystemConfiguration><Component FQDD="a"></SystemConfiguration>"#,
        bomb,
        &deep,
        &many,
        &nested_json,
    ] {
        let error = Profile::parse(Bytes::copy_from_slice(bad.as_bytes())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(!error.chain().contains("c4lv"), "{}", error.chain());
    }
    assert!(Profile::parse(vec![b' '; MAX_PROFILE_BYTES + 1]).is_err());
    assert!(Profile::parse(&b"<\xFF>"[..]).is_err());
}

#[test]
fn a_comment_that_does_not_read_is_words() {
    let profile = parse(
        r#"<SystemConfiguration><Component FQDD="a"><!-- <Attribute Name="x">a & b</Attribute> --><!-- <Attribute> -->
        <!--<Attribute Name="y">1</Attribute><Attribute Name="z">2</Attribute>-->
        <!--<Component FQDD="b"><Attribute Name="w">3</Attribute></Component>--></Component></SystemConfiguration>"#,
    );
    assert_eq!(profile.comments().len(), 2);
    let read: Vec<_> = profile.attributes().map(|(fqdd, each)| (fqdd, each.name())).collect();
    assert_eq!(read, [("a", "y"), ("a", "z"), ("b", "w")]);
    assert!(profile.attributes().all(|(_, each)| !each.is_set_on_import()));
}

#[test]
fn secrets_are_named_and_never_shown() {
    let profile = parse(XML);
    let named: Vec<_> = profile.secrets().into_iter().map(|each| (each.attribute, each.masked)).collect();
    let expected = [
        ("SetupPassword", true),
        ("Users.2#Password", false),
        ("Users.3#SHA256Password", false),
        ("SNMP.1#AgentCommunity", false),
    ];
    assert_eq!(named, expected.map(|(name, masked)| (name.to_owned(), masked)));
    let shown = format!("{profile:?} {:?} {:?}", profile.components(), profile.new_password("root", None));
    assert!(!shown.contains("c4lv!n") && !shown.contains("0D1C"), "{shown}");
    let open = profile.without_secrets().unwrap();
    assert!(profile.has_secrets() && !open.has_secrets());
    let text = String::from_utf8(open.raw().to_vec()).unwrap();
    assert!(!text.contains("c4lv!n") && !text.contains("0D1C") && text.contains("PasswordMinimumLength"));
    for secret in [
        "Users.2#MD5v3Key",
        "Users.2#SHA256PasswordSalt",
        "IPMILan.1#EncryptionKey",
        "NewControllerKey",
        "ChapSecret",
        "TgtChapPwd",
        "RFS.1#Password",
        "SNMPTrapIPv4.1#CommunityName",
        "CertPassphrase",
    ] {
        assert!(Attribute::new(secret, "x").is_secret(), "{secret}");
    }
    for open in [
        "Users.2#UserName",
        "PasswordStatus",
        "Security.1#PasswordRequireNumbers",
        "Users.2#SSHPublicKey1",
        "SecureBootMode",
        "Keyboard",
    ] {
        assert!(!Attribute::new(open, "x").is_secret(), "{open}");
    }
}

#[test]
fn the_new_password_of_a_user_is_known() {
    let profile = parse(XML);
    let Some(NewPassword::Plain(password)) = profile.new_password("root", None) else { panic!() };
    assert_eq!(password.as_str(), "c4lv!n-new");
    assert_eq!(profile.new_password("backup", None), Some(NewPassword::Hashed));
    assert_eq!(profile.new_password("other", Some(2)), None, "the profile gives that slot another name");
    let by_slot = |attribute: Attribute| {
        let component = Component::new("iDRAC.Embedded.1").with_attribute(attribute);
        Profile::from_components(vec![component], ProfileFormat::Xml).unwrap().new_password("root", Some(2))
    };
    assert!(by_slot(Attribute::new("Users.2#Password", "x")).is_some());
    assert_eq!(by_slot(Attribute::new("Users.3#Password", "x")), None);
    assert_eq!(by_slot(Attribute::new("Users.2#Password", "******")), None);
    assert_eq!(by_slot(Attribute::new("Users.2#Password", "x").with_set_on_import(false)), None);
}

#[test]
fn parts_are_profiles_of_their_own() {
    let profile = parse(XML);
    let bios = profile.only(&[ScpTarget::Bios]).unwrap();
    assert_eq!(bios.components().len(), 1);
    assert_eq!((bios.model(), bios.format()), (Some("PowerEdge R750"), ProfileFormat::Xml));
    let storage = profile.only(&["raid".parse().unwrap(), ScpTarget::Nic]).unwrap();
    assert_eq!(storage.all_components().len(), 2, "what hangs on a controller goes with it");
    let disks = profile.only_attributes(|_, each| each.name() == "IncludedPhysicalDiskID").unwrap();
    assert_eq!((disks.components().len(), disks.attributes().count()), (1, 2));
    assert!(ScpTarget::Idrac.covers("iDRAC.Embedded.1") && !ScpTarget::System.covers("SystemX.1"));
    assert!("FLASH".parse::<ScpTarget>().is_err());
}

#[test]
fn equal_settings_do_not_differ_however_they_are_written() {
    let before = parse(XML);
    let other = parse(
        &XML.replace("NIC.PxeDevice.1-1, RAID.SL.3-1", "NIC.PxeDevice.1-1,RAID.SL.3-1")
            .replace(">False<", "> FALSE <")
            .replace("Disk.Bay.0<", "Disk.Bay.9<")
            .replace("Disk.Bay.1<", "Disk.Bay.0<")
            .replace("Disk.Bay.9<", "Disk.Bay.1<")
            .replace("iDRAC.Embedded.1", "IDRAC.Embedded.1"),
    );
    let as_json = Profile::parse(other.to_bytes(ProfileFormat::Json).unwrap()).unwrap();
    let diff = before.diff(&as_json);
    assert!(
        diff.changes.is_empty() && diff.informational.is_empty() && diff.components_added.is_empty(),
        "{diff:?}"
    );
    assert_eq!(diff.unknown_secrets.len(), 1, "asterisks say nothing");
    assert!(!diff.is_empty());
}

#[test]
fn differences_are_told_by_component_and_attribute() {
    let before = parse(XML);
    let after = parse(
        &XML.replace("Uefi<", "Bios<")
            .replace("NIC.PxeDevice.1-1, RAID.SL.3-1", "RAID.SL.3-1, NIC.PxeDevice.1-1")
            .replace("c4lv!n-new", "c4lv!n-newer")
            .replace(">PowerEdge R750<", ">PowerEdge R760<")
            .replace("RAID.SL.3-1\"", "RAID.SL.4-1\""),
    );
    let diff = before.diff(&after);
    let changed = |name: &str| diff.changes.iter().find(|change| change.attribute == name).unwrap();
    assert_eq!(
        (changed("BootMode").before[0].as_str(), changed("BootMode").after[0].as_str()),
        ("Uefi", "Bios")
    );
    assert_eq!(changed("UefiBootSeq").component, "BIOS.Setup.1-1", "the order of a sequence counts");
    assert!(changed("Users.2#Password").secret);
    assert_eq!(diff.components_removed, ["Disk.Virtual.0:RAID.SL.3-1", "RAID.SL.3-1"]);
    assert_eq!(diff.components_added, ["Disk.Virtual.0:RAID.SL.4-1", "RAID.SL.4-1"]);
    assert_eq!(diff.informational.len(), 1, "a setting in a comment is not applied");
    let written = serde_json::to_string(&diff).unwrap();
    assert!(written.contains("BootMode") && !written.contains("c4lv!n"), "{written}");
    assert!(after.diff(&after.without_secrets().unwrap()).changes.iter().all(|change| change.secret));
}

#[test]
fn a_profile_knows_whose_it_is() {
    let profile = parse(XML);
    let fit = profile.fit(Some("poweredge  r750"), Some("XYZ9999"));
    assert_eq!((fit.model, fit.service_tag), (Agreement::Same, Agreement::Different));
    let fit = profile.fit(Some("PowerEdge R660"), None);
    assert_eq!((fit.model, fit.service_tag), (Agreement::Different, Agreement::Unknown));
}
