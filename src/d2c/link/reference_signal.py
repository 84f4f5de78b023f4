"""Power and quality of reference signals (RSRP and RSRQ), as handsets report them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2c.constants import BOLTZMANN_DBW_K_HZ
from d2c.library.models import Handset
from d2c.link.terminal import system_noise_temperature_db_k
from d2c.units import from_db, to_db

RESOURCE_ELEMENT_HZ = 15e3  # one subcarrier of LTE and NB-IoT, and of NR with numerology 0
# Resource elements of a resource block in a symbol with reference signals of one antenna port
_ALL, _REFERENCE_SIGNALS, _DATA = 12.0, 2.0, 10.0


def rsrp_dbm(handset: Handset, *, c_n_db: Any) -> Any:
    """Return the reference signal received power (RSRP) of a handset, same shape as C/N; NaN where C/N is NaN.

    RSRP = C/N + 10 log10(k T 15 kHz) + 30, T being the system noise temperature. The carrier's power is spread evenly
    over the bandwidth of C/N, so that every resource element of 15 kHz has the same C/N. C is taken at the receiver
    input, the gain of the handset's antenna included.

    Source: 3GPP TS 36.214 V16.1.0, 5.1.1 (linear average over resource elements); for NR TS 38.215, 5.1.1.
    """
    noise_dbw = (
        BOLTZMANN_DBW_K_HZ + system_noise_temperature_db_k(handset) + float(to_db(RESOURCE_ELEMENT_HZ))
    )
    return c_n_db + noise_dbw + 30


def resource_element_activity(load: float) -> float:
    """Return the share of its resource elements that a lit beam sends: those always sent, and the data's by load.

    2 of 12 in a resource block's symbol are reference signals of one antenna port, 10 carry data (as for RSRQ).
    """
    return (_REFERENCE_SIGNALS + _DATA * load) / _ALL


def rsrq_db(data_c_in_db: Any, *, load: float) -> NDArray[np.float64]:
    """Return the reference signal received quality by C/(I+N) with the interferers' activity, same shape.

    RSRQ = N RSRP / RSSI over N resource blocks; RSSI holds the own beam's reference signals and data, and 12
    resource elements of noise and interference: 1 / (2 + 10 load + 12 (N + a I) / S), one antenna port. Without
    interference C/(I+N) is C/N. Source: definition in 3GPP TS 36.214, 5.1.3.
    """
    own = _REFERENCE_SIGNALS + _DATA * load
    return np.asarray(-to_db(own + _ALL / from_db(data_c_in_db)))
