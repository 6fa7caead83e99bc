//! Prints tokens of the generator, a JSON object a line, for the tests of other faces:
//!
//!   samples SEED COUNT

use spacetime_keys_oracle::generate;
use spacetime_keys_oracle::keys::LOCAL_PUBLIC_PEM;
use spacetime_keys_oracle::run::now;
use spacetime_keys_test_support::Random;

/// Tokens that share a set of their issuer.
const BATCH: u64 = 32;

fn main() {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let seed = numbers.next().expect("a seed");
    let count = numbers.next().expect("a count");
    let now = now();
    for batch in 0..count.div_ceil(BATCH) {
        let mut random = Random::part(seed, batch);
        let set = random.percent(60).then(|| generate::sets::mutated(&mut random).0.to_bytes());
        // JavaScript hands sets over as texts.
        let text = set.as_ref().map(|set| String::from_utf8_lossy(set).into_owned());
        for number in batch * BATCH..count.min((batch + 1) * BATCH) {
            let recipe = generate::recipe(&mut random, now, set.as_deref());
            let mut sample = serde_json::json!({
                "name": format!("{number}: {}", recipe.tags.join(", ")),
                "token": recipe.build(),
                "now": now,
                "publicKey": LOCAL_PUBLIC_PEM,
                "verdicts": { "1.2": null, "2.8": null, "2.14": null },
            });
            if let (Some(text), Some(sample)) = (&text, sample.as_object_mut()) {
                sample.insert("jwks".to_owned(), text.as_str().into());
            }
            println!("{sample}");
        }
    }
}
