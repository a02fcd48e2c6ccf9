"""Settings of the documentation site (make docs)."""

import sys
from pathlib import Path

import eaeu_analysis

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "eaeu_analysis"
version = release = eaeu_analysis.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "api_pages"]
exclude_patterns = ["paper"]  # the article, which is no page of the site
highlight_language = "none"  # of a block that names no language
myst_heading_anchors = 3

add_module_names = False
autodoc_member_order = "bysource"
autosummary_generate = False
python_use_unqualified_type_names = True
maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "eaeu_analysis"
html_copy_source = False
html_extra_path = ["llms.txt"]  # a description of the site for language models
html_show_copyright = False
html_theme_options = {
    "footer_end": [],
    "navbar_end": ["theme-switcher"],
    "show_prev_next": False,
}
