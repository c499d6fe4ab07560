use super::*;

/// Numbers that look thrown but are the same for the same seed (SplitMix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[test]
fn a_credential_range_takes_every_form_of_the_existing_table() {
    for (text, member, stranger) in [
        ("10.0.0.7/24", "10.0.0.255", "10.0.1.0"),
        ("10.0.0.0/255.255.255.0", "10.0.0.0", "10.0.1.0"),
        ("10.0.0.1-10.0.0.9", "10.0.0.9", "10.0.0.10"),
        ("10.0.0.1 - 10.0.0.9", "10.0.0.1", "10.0.0.0"),
        (" 10.0.0.7 ", "10.0.0.7", "10.0.0.8"),
        ("10.0.0.1-9", "10.0.0.5", "10.0.0.0"),
        ("fd00::/64", "fd00::ffff", "fd00:0:0:1::"),
        ("fd00::1-fd00::9", "fd00::9", "fd00::a"),
        ("10.0.0.0/24, 10.0.2.0/24 !10.0.2.7", "10.0.2.8", "10.0.2.7"),
        ("0.0.0.0/0", "255.255.255.255", "::1"),
        ("::/0", "fd00::1", "10.0.0.1"),
    ] {
        let range = IpRange::parse(text).expect(text);
        assert!(range.contains(ip(member)), "{text} has {member}");
        assert!(!range.contains(ip(stranger)), "{text} has not {stranger}");
    }
}

#[test]
fn another_family_is_no_error_but_no_match() {
    let range = IpRange::parse("10.0.0.1-10.0.0.9").expect("a range");
    assert!(!range.contains(ip("fd00::1")));
    assert!(!range.contains(ip("::a00:1")), "the same number in the other family");
}

#[test]
fn nothing_is_no_range() {
    for text in
        ["", " , ", "!10.0.0.1", "rack 7", "10.0.0.1-", "-", "/", "10.0.0.0/24/8", "1.2.3.4-5.6.7.8-9"]
    {
        assert_eq!(IpRange::parse(text).expect_err(text).kind(), ErrorKind::InvalidInput);
    }
}

#[test]
fn what_was_pasted_comes_back_short_and_escaped() {
    let error = IpRange::parse(&format!("10.0.0.1\u{7}{}", "x".repeat(5_000))).expect_err("nonsense");
    assert!(error.to_string().len() < 300, "{error}");
    assert!(!error.to_string().contains('\u{7}'));
}

#[test]
fn no_text_makes_the_parser_fall() {
    let alphabet: Vec<char> = "0123456789.:-/!,; \nafx%*é".chars().collect();
    let mut dice = Dice::new(7);
    for _ in 0..20_000 {
        let length = dice.below(24);
        let text: String =
            (0..length).map(|_| alphabet[dice.below(alphabet.len() as u64) as usize]).collect();
        if let Ok(range) = IpRange::parse(&text) {
            let _ = range.count();
        }
    }
}

#[test]
fn blocks_at_the_ends_of_the_number_line() {
    let all = AddressRange::network(ip("::1"), 0).expect("a prefix");
    assert_eq!((all.first(), all.count()), (ip("::"), u128::MAX));
    assert_eq!(AddressRange::network(ip("10.1.2.3"), 33), None);
    let v4 = AddressRange::network(ip("10.1.2.3"), 0).expect("a prefix");
    assert_eq!((v4.first(), v4.last(), v4.count()), (ip("0.0.0.0"), ip("255.255.255.255"), 1 << 32));
    assert_eq!(v4.nth(1 << 32), None);
    assert_eq!(merge(vec![all, v4]), [v4, all]);
    assert_eq!(subtract(&[v4, all], &[all]), [v4]);
    assert!(subtract(&[v4, all], &[v4, all]).is_empty());
}

#[test]
fn merging_and_subtracting_agree_with_counting() {
    for seed in 0..500 {
        let mut dice = Dice::new(seed);
        let mut some = || -> Vec<AddressRange> {
            (0..dice.below(6))
                .filter_map(|_| {
                    let first = dice.below(60) as u32;
                    let last = first + dice.below(12) as u32;
                    AddressRange::new(Ipv4Addr::from_bits(first).into(), Ipv4Addr::from_bits(last).into())
                })
                .collect()
        };
        let (ranges, holes) = (some(), some());
        let left = subtract(&merge(ranges.clone()), &merge(holes.clone()));
        for number in 0..80 {
            let ip = IpAddr::V4(Ipv4Addr::from_bits(number));
            let expected = ranges.iter().any(|r| r.contains(ip)) && !holes.iter().any(|h| h.contains(ip));
            let found = left.iter().filter(|range| range.contains(ip)).count();
            assert_eq!(found, usize::from(expected), "seed {seed} address {ip}");
        }
    }
}
