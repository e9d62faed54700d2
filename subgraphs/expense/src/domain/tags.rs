use super::text::{clean_name, lowercase};
use super::violation::Rule;

const LONGEST: usize = 50;
const MOST: usize = 20;

/// One spelling per tag: in lower case, each once, sorted. A blank tag is no tag.
///
/// # Errors
/// Every tag that breaks a rule with its place in the list, or `None` for the list itself.
pub(super) fn parse(tags: &[String]) -> Result<Vec<String>, Vec<(Option<usize>, Rule)>> {
    let mut clean = Vec::new();
    let mut broken = Vec::new();
    for (place, tag) in tags.iter().enumerate() {
        match clean_name(tag, LONGEST) {
            Ok(tag) => clean.extend(tag.as_deref().map(lowercase)),
            Err(rule) => broken.push((Some(place), rule)),
        }
    }
    clean.sort_unstable();
    clean.dedup();
    if clean.len() > MOST {
        broken.push((None, Rule::TooMany { most: MOST }));
    }
    if broken.is_empty() { Ok(clean) } else { Err(broken) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(tags: &[&str]) -> Result<Vec<String>, Vec<(Option<usize>, Rule)>> {
        parse(&tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn tags_are_one_spelling_each_sorted() {
        assert_eq!(
            tags(&["Italy  2026", " kids", "", "KIDS", "italy 2026"]),
            Ok(vec!["italy 2026".into(), "kids".into()])
        );
    }

    #[test]
    fn every_bad_tag_is_named() {
        let long = "x".repeat(51);
        let broken = tags(&["ok", "a\0b", &long]).unwrap_err();
        assert_eq!(
            broken.iter().map(|(place, _)| *place).collect::<Vec<_>>(),
            [Some(1), Some(2)]
        );
        let many: Vec<String> = (0..21).map(|n| n.to_string()).collect();
        assert_eq!(parse(&many), Err(vec![(None, Rule::TooMany { most: 20 })]));
    }
}
