"""portal: the web pages and the REST API, in front of everything else."""

import warnings

from authlib.deprecate import AuthlibDeprecationWarning

# authlib says on import that a later httpx is coming: before logging is configured, and so not as JSON
warnings.simplefilter("ignore", AuthlibDeprecationWarning)
