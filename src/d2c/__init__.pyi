from d2c.api.elements import Elements as Elements
from d2c.api.links import BudgetTable as BudgetTable
from d2c.api.links import link_budget as link_budget
from d2c.api.result import Result as Result
from d2c.api.runs import open_result as open_result
from d2c.api.runs import run as run
from d2c.api.site_answers import Passes as Passes
from d2c.api.site_answers import ServerTimeline as ServerTimeline
from d2c.api.site_answers import Sky as Sky
from d2c.api.sites import passes as passes
from d2c.api.sites import sky as sky
from d2c.api.sites import timeline as timeline
from d2c.errors import D2CError as D2CError
from d2c.library.models import Handset as Handset
from d2c.library.models import LossSet as LossSet
from d2c.library.models import Payload as Payload
from d2c.library.services import Service as Service
from d2c.notices import D2CWarning as D2CWarning
from d2c.scenario.model import Scenario as Scenario
from d2c.site.site import Site as Site

__version__: str
