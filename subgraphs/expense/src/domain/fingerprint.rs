use sha2::{Digest as _, Sha256};

use super::category::Category;
use super::draft::Draft;
use super::sharing::{Sharing, SplitRule, Visibility};
use super::violation::Rule;

/// The caller's key of one creation: 1 to 128 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(String);

/// Tells two inputs of one key apart.
pub(crate) type Fingerprint = [u8; 32];

/// The request that records something, by which it is known when it comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Creation {
    /// The key under which it records at most once.
    pub key: IdempotencyKey,
    /// The same for all inputs that mean the same.
    pub meaning: Fingerprint,
    /// Of the input as it was written, whatever it means: a member's leaving or a day's passing may make it one that is
    /// refused, but not another one.
    pub sent: Fingerprint,
}

impl IdempotencyKey {
    pub(super) fn parse(text: String) -> Result<Self, Rule> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if visible && (1..=128).contains(&text.len()) {
            Ok(Self(text))
        } else {
            Err(Rule::NotAKey)
        }
    }

    /// The key's text.
    #[must_use]
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Draft {
    /// The same for two inputs that mean the same expense, and for those only.
    ///
    /// What is absent leaves no trace in it, so that fields which a later version adds do not change the
    /// fingerprint of inputs without them.
    #[must_use]
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let contents = &self.contents;
        let mut hash = Sha256::new();
        let mut add = |field: &str, value: &str| {
            // Lengths keep the border between two texts from moving.
            for part in [field, value] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
        };
        add("currency", contents.amount.currency().code());
        add("minor", &contents.amount.minor().to_string());
        add("description", &contents.description);
        add("date", &contents.date.to_string());
        for (field, value) in [
            ("merchant", contents.merchant.as_deref()),
            ("category", contents.category.as_ref().map(Category::name)),
            ("notes", contents.notes.as_deref()),
        ] {
            if let Some(value) = value {
                add(field, value);
            }
        }
        for tag in &contents.tags {
            add("tag", tag);
        }
        if let Some(household) = self.household {
            add("household", &household.to_string());
        }
        if let Some(sharing) = &contents.sharing {
            sharing.fingerprint(&mut add);
        }
        if let Some(exchange) = &contents.exchange {
            exchange.fingerprint(&mut add);
        }
        hash.finalize().into()
    }
}

impl Sharing {
    /// What tells two sharings apart, whatever their shares come to.
    fn fingerprint(&self, add: &mut impl FnMut(&str, &str)) {
        for payer in &self.payers {
            add("payer", &format!("{} {}", payer.member, payer.minor));
        }
        if let Some(split) = &self.split {
            let rule = match split.rule {
                SplitRule::Equal => "equal",
                SplitRule::Exact => "exact",
                SplitRule::Percent => "percent",
                SplitRule::Shares => "shares",
            };
            add("split", rule);
            for part in &split.parts {
                add("part", &format!("{} {}", part.member, part.weight));
            }
        }
        match &self.visibility {
            Visibility::Household => {}
            Visibility::Private => add("visibility", "private"),
            Visibility::Surprise(surprise) => {
                add("revealed", &surprise.reveal_on.to_string());
                for member in &surprise.hidden_from {
                    add("hidden", &member.to_string());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::draft::RawDraft;
    use super::super::draft::tests::{parse, raw};
    use super::super::exchange::{RawBasis, RawExchange};
    use super::super::money::Currency;

    #[test]
    fn inputs_that_mean_the_same_have_one_fingerprint() {
        let one = parse(raw()).unwrap();
        let other = parse(RawDraft {
            idempotency_key: "another-key".into(),
            amount: ("12.5".parse().unwrap(), Currency::from_code("EUR").unwrap()),
            description: "Bread".into(),
            tags: vec!["a".into(), "B ".into(), "a".into()],
            notes: None,
            ..raw()
        });
        assert_eq!(one.fingerprint(), other.unwrap().fingerprint());
    }

    fn exchanged(basis: RawBasis, to: &str, source: Option<&str>) -> RawDraft {
        RawDraft {
            exchange: Some(RawExchange {
                basis,
                to: Currency::from_code(to).ok(),
                on: None,
                source: source.map(str::to_owned),
            }),
            ..raw()
        }
    }

    #[test]
    fn any_other_input_has_another_fingerprint() {
        let one = parse(raw()).unwrap().fingerprint();
        let eur = Currency::from_code("EUR").unwrap();
        let others = [
            RawDraft {
                amount: ("12.51".parse().unwrap(), eur),
                ..raw()
            },
            RawDraft {
                amount: ("12.50".parse().unwrap(), Currency::from_code("USD").unwrap()),
                ..raw()
            },
            RawDraft {
                description: "Breads".into(),
                ..raw()
            },
            RawDraft {
                merchant: None,
                ..raw()
            },
            RawDraft {
                merchant: None,
                notes: Some("Bakery".into()),
                ..raw()
            },
            RawDraft {
                category: Some("groceries".into()),
                ..raw()
            },
            RawDraft {
                tags: vec!["ab".into()],
                ..raw()
            },
            RawDraft {
                tags: vec![],
                ..raw()
            },
            RawDraft {
                notes: Some("n".into()),
                ..raw()
            },
            RawDraft {
                date: "2026-11-24".parse().unwrap(),
                ..raw()
            },
            exchanged(RawBasis::Rate("0.9".parse().unwrap()), "USD", None),
            exchanged(RawBasis::Rate("0.91".parse().unwrap()), "USD", None),
            exchanged(RawBasis::Charged("0.90".parse().unwrap()), "USD", None),
            exchanged(RawBasis::Rate("0.9".parse().unwrap()), "GBP", None),
            exchanged(RawBasis::Rate("0.9".parse().unwrap()), "USD", Some("card")),
        ];
        let mut seen = vec![one];
        for other in others {
            let fingerprint = parse(other).unwrap().fingerprint();
            assert!(!seen.contains(&fingerprint));
            seen.push(fingerprint);
        }
    }
}
