use super::{Excess, FRAGMENTS, NESTING};

/// Refuses a document whose brackets are nested too deep, or that defines too many fragments, without parsing it.
///
/// Strings and comments are skipped as Hive's own tokenizer skips them, so that nothing can be hidden in what only one
/// of the two takes for a string. Where that one gives up, this may stop as well.
pub(crate) fn check_document(document: &str) -> Result<(), Excess> {
    let mut rest = document;
    let (mut depth, mut fragments) = (0_usize, 0_usize);
    while let Some(next) = rest.bytes().next() {
        let length = match next {
            b'{' | b'(' | b'[' => {
                depth += 1;
                if depth > NESTING {
                    return Err(Excess::Brackets);
                }
                1
            }
            b'}' | b')' | b']' => {
                depth = depth.saturating_sub(1);
                1
            }
            b'#' => rest.find(['\r', '\n']).unwrap_or(rest.len()),
            b'"' => match string(rest) {
                Some(length) => length,
                None => return Ok(()),
            },
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                let is_part = |c: char| c == '_' || c.is_ascii_alphanumeric();
                let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                // Definitions stand outside of all brackets.
                if depth == 0 && &rest[..length] == "fragment" {
                    fragments += 1;
                    if fragments > FRAGMENTS {
                        return Err(Excess::Fragments);
                    }
                }
                length
            }
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        rest = &rest[length..];
    }
    Ok(())
}

/// How long the string is that `text` starts with, or `None` when it does not end.
fn string(text: &str) -> Option<usize> {
    const BLOCK: &str = r#"""""#;
    if let Some(inside) = text.strip_prefix(BLOCK) {
        let end = inside
            .match_indices(BLOCK)
            .map(|(at, _)| at)
            .find(|&at| !inside[..at].ends_with('\\'))?;
        return Some(end + 2 * BLOCK.len());
    }
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return Some(at + 1),
            b'\n' => return None,
            _ => escaped = !escaped && byte == b'\\',
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_bracket_counts() {
        for open in ["{a", "(a:", "["] {
            assert_eq!(check_document(&open.repeat(NESTING)), Ok(()));
            assert_eq!(check_document(&open.repeat(NESTING + 1)), Err(Excess::Brackets));
        }
        assert_eq!(check_document(&"{a}".repeat(NESTING + 1)), Ok(()));
    }

    #[test]
    fn what_stands_in_a_string_or_a_comment_is_text() {
        let deep = "{".repeat(NESTING + 1);
        for hidden in [
            format!("# {deep}\n{{ a }}"),
            format!(r#"{{ a(b: "\"{deep}") }}"#),
            format!(r#"{{ a(b: """ " \""" {deep} """) }}"#),
        ] {
            assert_eq!(check_document(&hidden), Ok(()), "{hidden}");
        }
    }

    #[test]
    fn what_follows_a_string_or_a_comment_is_not() {
        let deep = "{".repeat(NESTING + 1);
        for before in [
            "# \"\r",
            "# \"\n",
            r#""\\""#,
            r#""é""#,
            r#""""#,
            r#"""" " """"#,
            r#""""""""#,
            "é",
        ] {
            assert_eq!(
                check_document(&format!("{before}{deep}")),
                Err(Excess::Brackets),
                "{before:?}"
            );
        }
    }

    #[test]
    fn only_definitions_of_fragments_count() {
        let fragments = "fragment F on A { fragment } ";
        assert_eq!(check_document(&fragments.repeat(FRAGMENTS)), Ok(()));
        assert_eq!(
            check_document(&fragments.repeat(FRAGMENTS + 1)),
            Err(Excess::Fragments)
        );
    }
}
