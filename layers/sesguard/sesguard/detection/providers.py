"""Large mailbox providers: receiving domains that serve the public, where bounces of one list gather by themselves.

A clump of bounces at any other domain is one customer's dead server; at these it is the list. Sources, 2026-11-21:
the providers' own pages of their mail domains, and the consumer domains in M3AAWG's sender practices. The list errs
towards short: a provider that is missing has its bounces forgiven up to the daily cap, no more.
"""

from __future__ import annotations

LARGE_PROVIDERS = frozenset(
    """
    gmail.com googlemail.com
    outlook.com hotmail.com live.com msn.com hotmail.co.uk hotmail.fr hotmail.it hotmail.es hotmail.de outlook.fr
    outlook.de outlook.es outlook.it live.co.uk live.fr live.nl
    yahoo.com ymail.com rocketmail.com yahoo.co.uk yahoo.co.in yahoo.fr yahoo.de yahoo.it yahoo.es yahoo.ca
    yahoo.com.br yahoo.co.jp yahoo.com.mx yahoo.com.ar aol.com aol.co.uk
    icloud.com me.com mac.com
    gmx.de gmx.net gmx.at gmx.com web.de t-online.de freenet.de mail.com
    orange.fr wanadoo.fr free.fr laposte.net sfr.fr
    libero.it virgilio.it alice.it tin.it
    mail.ru bk.ru inbox.ru list.ru yandex.ru yandex.com rambler.ru
    qq.com foxmail.com 163.com 126.com yeah.net sina.com sohu.com
    naver.com daum.net hanmail.net kakao.com
    docomo.ne.jp ezweb.ne.jp softbank.ne.jp
    proton.me protonmail.com zoho.com fastmail.com
    comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net
    bigpond.com optusnet.com.au btinternet.com sky.com virginmedia.com ntlworld.com
    uol.com.br bol.com.br terra.com.br wp.pl o2.pl onet.pl interia.pl seznam.cz rediffmail.com ziggo.nl kpnmail.nl
    telenet.be bluewin.ch
    """.split()
)
